"""A trace as a W3C PROV document (docs/spec/trace.md): records are entities, what happened are activities,
identities, tools and named parties are agents.

Identifiers are stable: whoever traces the same record gets the same ones, so that documents of several
peers can be merged. Claimed and received times are attributes of our own, since ``prov:time`` would say
as a fact what is a claim.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

from knowchain.identifiers import RecordId
from knowchain.provenance.dates import moment
from knowchain.provenance.model import Edge, Node, Tool, Trace

if TYPE_CHECKING:
    from prov.model import ProvDocument

__all__ = ["prov_document", "render_prov"]

NAMESPACES: Final = {
    "kcr": "ipfs://",
    "kcid": "urn:knowchain:identity:",
    "kcevent": "urn:knowchain:event:",
    "kcmaking": "urn:knowchain:making:",
    "kctool": "urn:knowchain:tool:",
    "kcparty": "urn:knowchain:party:",
    "didkey": "did:key:",
    "kc": "urn:knowchain:term:",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes and what they stand for."""

_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_IDENTITY: Final = "identity"

Attributes = list[tuple[Any, Any]]


def render_prov(trace: Trace, syntax: Literal["json", "provn"] = "json") -> str:
    """The document in PROV-JSON or PROV-N."""
    document = prov_document(trace)
    if syntax == "provn":
        return document.get_provn() + "\n"
    return str(document.serialize(format="json", indent=1)) + "\n"


def prov_document(trace: Trace) -> ProvDocument:
    """The trace as a document of the ``prov`` package."""
    from prov.model import ProvDocument

    document = ProvDocument()
    for prefix, uri in NAMESPACES.items():
        document.add_namespace(prefix, uri)
    mapping = _Mapping(document, trace)
    for node in trace.nodes.values():
        mapping.node(node)
    for edge in mapping.edges():
        mapping.edge(edge)
    return document


class _Mapping:
    """Writes one trace into a document."""

    def __init__(self, document: ProvDocument, trace: Trace) -> None:
        self._document = document
        self._trace = trace
        self._agents: set[str] = set()
        self._activities: set[str] = set()
        self._identities = {rid for rid, node in trace.nodes.items() if node.kind == _IDENTITY}
        self._events = {rid for rid, node in trace.nodes.items() if node.kind == "event"}
        for edge in self.edges():
            # What is not held is what it is pointed at as.
            if edge.relation == "prov:wasAttributedTo":
                self._identities.add(edge.earlier)
            elif edge.relation == "prov:wasGeneratedBy" and edge.earlier not in self._identities:
                self._events.add(edge.earlier)

    def edges(self) -> Iterator[Edge]:
        """Every reference between told records, once."""
        events = (Edge(rid, "kc:about", self._trace.root) for rid in self._trace.events)
        seen: set[tuple[RecordId, str, RecordId]] = set()
        for edge in (*self._trace.up, *self._trace.down, *events):
            key = (edge.later, edge.relation, edge.earlier)
            if key not in seen and {edge.later, edge.earlier} <= self._trace.nodes.keys():
                seen.add(key)
                yield edge

    # --- records -------------------------------------------------------------------------------------

    def node(self, node: Node) -> None:
        """A record as an entity; an identity's first record as an agent; an event as an activity, too."""
        if node.id in self._identities:
            self._identity(node.id, node.title)
            return
        self._document.entity(_record(node.id), self._facts(node))
        if node.author is not None:
            self._identity(node.author, node.author_name)
            self._document.attribution(_record(node.id), _identity(node.author))
        if node.id in self._events:
            self._event(node)
        if node.made_with:
            self._making(node)

    def _facts(self, node: Node) -> Attributes:
        facts: Attributes = [("kc:held", node.verified)]
        if node.kind is not None:
            facts.append(("prov:type", self._document.valid_qualified_name(f"kc:{node.kind}")))
        facts += [("prov:label", label) for label in _labels(node)]
        if node.key is not None:
            did = str(node.key).removeprefix("did:key:")
            facts.append(("kc:signedBy", self._document.valid_qualified_name(f"didkey:{did}")))
        received = node.received.time if node.received is not None else None
        for name, time in (("kc:claimed", node.claimed), ("kc:received", received)):
            when = None if time is None else moment(time)
            if when is not None:
                facts.append((name, when))
        if node.received is not None:
            facts.append(("kc:receivedBy", node.received.way))
        if node.proven is not None:
            for name, bound in (
                ("kc:provenNotBefore", node.proven.not_before),
                ("kc:provenNotAfter", node.proven.not_after),
            ):
                when = None if bound is None else moment(bound)
                if when is not None:
                    facts.append((name, when))
        if node.body is not None:
            facts.append(("kc:body", node.body))
        return facts + [("kc:remark", remark.name) for remark in node.remarks]

    def _event(self, node: Node) -> None:
        name = f"kcevent:{node.id}"
        facts: Attributes = [("kc:record", self._document.valid_qualified_name(_record(node.id)))]
        event = node.event
        if event is not None:
            if event.event is not None and _TOKEN.fullmatch(event.event):
                facts.append(("prov:type", self._document.valid_qualified_name(f"kc:{event.event}")))
            facts += [
                (key, _line(value))
                for key, value in (("kc:when", event.when), ("kc:outcome", event.outcome))
                if value is not None
            ]
        self._activities.add(name)
        self._document.activity(name, other_attributes=facts)
        if event is not None:
            for role, party in (("agent", event.agent), ("from", event.giver), ("to", event.taker)):
                if party is not None:
                    self._document.association(
                        name, self._party(party), other_attributes=[("prov:role", role)]
                    )

    def _making(self, node: Node) -> None:
        """The making of a record with tools: who and what took part in which role."""
        name = f"kcmaking:{node.id}"
        self._document.activity(name)
        self._document.generation(_record(node.id), name)
        if node.author is not None:
            self._document.association(
                name, _identity(node.author), other_attributes=[("prov:role", "author")]
            )
        for tool in node.made_with:
            facts: Attributes = [
                (key, _line(value))
                for key, value in (("prov:role", tool.role), ("kc:human", tool.human))
                if value is not None
            ]
            self._document.association(name, self._tool(tool), other_attributes=facts)

    # --- agents ----------------------------------------------------------------------------------------

    def _identity(self, rid: RecordId, name: str | None) -> None:
        if self._new(_identity(rid)):
            facts: Attributes = [("prov:type", self._document.valid_qualified_name("kc:identity"))]
            # A name that nobody here gave stands between quotation marks for readers; a label is bare.
            facts += [("prov:label", _line(name.strip("“”")))] if name else []
            self._document.agent(_identity(rid), facts)

    def _tool(self, tool: Tool) -> str:
        name = f"kctool:{_digest(tool.tool, tool.version, tool.kind, tool.provider)}"
        if self._new(name):
            facts: Attributes = [("prov:label", _line(f"{tool.tool} {tool.version or ''}"))]
            if tool.kind in ("ai-model", "software"):
                facts.append(("prov:type", self._document.valid_qualified_name("prov:SoftwareAgent")))
            facts += [("kc:provider", _line(tool.provider))] if tool.provider else []
            self._document.agent(name, facts)
        return name

    def _party(self, party: str) -> str:
        name = f"kcparty:{_digest(party)}"
        if self._new(name):
            self._document.agent(name, [("prov:label", _line(party))])
        return name

    def _new(self, agent: str) -> bool:
        if agent in self._agents:
            return False
        self._agents.add(agent)
        return True

    # --- references --------------------------------------------------------------------------------------

    def edge(self, edge: Edge) -> None:
        """One reference, as the PROV relation that means the same; else as an influence with its name."""
        document, relation = self._document, edge.relation
        later, earlier = _record(edge.later), _record(edge.earlier)
        if edge.later in self._events and relation in _OF_ACTIVITIES:
            self._activity_edge(edge)
        elif relation == "prov:wasAttributedTo":
            document.attribution(later, _identity(edge.earlier))
        elif relation == "prov:wasGeneratedBy" and edge.earlier in self._events:
            activity = f"kcevent:{edge.earlier}"
            if activity not in self._activities:
                self._activities.add(activity)
                document.activity(activity)
            document.generation(later, activity)
        elif edge.earlier in self._identities or edge.later in self._identities:
            self._influence(edge)
        elif relation == "dcterms:isPartOf":
            document.membership(earlier, later)
        elif relation in ("prov:alternateOf", "dcterms:isFormatOf"):
            document.alternate(later, earlier)
            if relation == "dcterms:isFormatOf":
                self._influence(edge)
        elif relation == "prov:specializationOf":
            document.specialization(later, earlier)
        elif relation in _DERIVATIONS:
            self._derivation(edge)
        else:
            self._influence(edge)

    def _activity_edge(self, edge: Edge) -> None:
        activity = f"kcevent:{edge.later}"
        if edge.relation == "prov:wasAttributedTo":
            self._document.association(activity, _identity(edge.earlier))
        elif edge.earlier in self._identities:
            self._influence(edge)
        else:
            role = "subject" if edge.relation == "kc:about" else "evidence"
            self._document.usage(activity, _record(edge.earlier), other_attributes=[("prov:role", role)])

    def _derivation(self, edge: Edge) -> None:
        write = {
            "prov:wasDerivedFrom": self._document.derivation,
            "prov:wasRevisionOf": self._document.revision,
            "prov:wasQuotedFrom": self._document.quotation,
            "prov:hadPrimarySource": self._document.primary_source,
        }[edge.relation]
        facts: Attributes = []
        if edge.official is not None:
            facts.append(("kc:official", edge.official))
        if edge.role is not None:
            facts.append(("kc:role", _line(edge.role)))
        write(_record(edge.later), _record(edge.earlier), other_attributes=facts or None)

    def _influence(self, edge: Edge) -> None:
        facts: Attributes = [("kc:relation", edge.relation)]
        facts += [("kc:role", _line(edge.role))] if edge.role else []
        later, earlier = map(self._end, (edge.later, edge.earlier))
        self._document.influence(later, earlier, other_attributes=facts)

    def _end(self, rid: RecordId) -> str:
        return _identity(rid) if rid in self._identities else _record(rid)


_OF_ACTIVITIES: Final = frozenset({"kc:about", "prov:used", "prov:wasAttributedTo"})
_DERIVATIONS: Final = frozenset(
    {"prov:wasDerivedFrom", "prov:wasRevisionOf", "prov:wasQuotedFrom", "prov:hadPrimarySource"}
)


def _record(rid: RecordId) -> str:
    return f"kcr:{rid}"


def _identity(rid: RecordId) -> str:
    return f"kcid:{rid}"


def _digest(*parts: str | None) -> str:
    """A stable local name for something that has only words for a name."""
    joined = "\x00".join(part or "" for part in parts)
    return "h" + hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()[:32]


def _labels(node: Node) -> Iterator[object]:
    from prov.model import Literal as ProvLiteral

    if not node.titles and node.title:
        yield _line(node.title)
    for tag, title in node.titles:
        known = tag != "und" and _TAG.fullmatch(tag)
        yield ProvLiteral(_line(title), langtag=tag) if known else _line(title)


def _line(text: str) -> str:
    """Text on one line, without what no XML or PROV-N could hold."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
