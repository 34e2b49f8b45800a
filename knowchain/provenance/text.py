"""A trace as text: readable at a glance, in so many columns, with every string of a stranger made plain.

Words of the program are templates that pass a *say* function, so that another language can take their place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from knowchain.identifiers import RecordId
from knowchain.provenance.columns import cut, padded, plain, width
from knowchain.provenance.dates import day, minute
from knowchain.provenance.describing import short_id
from knowchain.provenance.model import Edge, Node, Omitted, Receipt, Remark, Tool, Trace
from knowchain.provenance.relations import wording

__all__ = ["Say", "english", "render_text"]

_COLUMNS: Final = 80
_DATES: Final = 14
"""Columns for the date of an event; longer ones push the rest."""


class Say(Protocol):
    """Fills a template of this module in the reader's language."""

    def __call__(self, template: str, /, **fields: object) -> str:
        """The text."""


def english(template: str, /, **fields: object) -> str:
    """A template in English; values are made plain."""
    return template.format_map({name: plain(str(value)) for name, value in fields.items()})


def render_text(trace: Trace, *, columns: int = _COLUMNS, say: Say = english) -> str:
    """The trace as lines of at most ``columns`` columns, ended by line breaks."""
    return "".join(line + "\n" for line in _Page(trace, columns, say).lines())


@dataclass(slots=True)
class _Page:
    trace: Trace
    columns: int
    say: Say
    told: set[RecordId] = field(default_factory=set)

    def lines(self) -> Iterator[str]:
        trace, say = self.trace, self.say
        root = trace.nodes[trace.root]
        yield from self._head(root)
        if trace.direction != "down":
            yield ""
            yield from self._section(
                say("Comes from (sources in all: {count})", count=trace.sources or 0),
                trace.up,
                say("nothing that it names"),
            )
        if trace.events:
            yield ""
            yield say("What happened to it ({count})", count=len(trace.events))
            for rid in trace.events:
                yield from self._event_lines(trace.nodes[rid])
        if trace.direction != "up":
            yield ""
            count = len({edge.later for edge in trace.down} - {trace.root})
            yield from self._section(
                say("What became of it ({count})", count=count), trace.down, say("nothing that is held here")
            )
        yield from self._bounds()

    # --- the record itself -------------------------------------------------------------------------

    def _head(self, node: Node) -> Iterator[str]:
        say = self.say
        closed = say("(its words are held closed)") if node.body == "withheld" else say("(without a title)")
        yield cut(plain(node.title or closed), self.columns)
        yield cut(f"  {say(node.kind) if node.kind else say('a record')} {node.id}", max(self.columns, 78))
        if node.verified:
            yield from self._fact(
                say(
                    "signed by {author}; claims the time {time}",
                    author=node.author_name,
                    time=minute(node.claimed or 0),
                )
            )
        if node.proven is not None:
            yield from self._fact(self._proven(node))
        if node.received is not None:
            yield from self._fact(self._receipt(node.received))
        for tool in node.made_with:
            yield from self._fact(self._tool(tool))
        for remark in node.remarks:
            yield from self._remark(remark, "  ")

    def _fact(self, text: str) -> Iterator[str]:
        yield from _wrapped(text, "  ", "    ", self.columns)

    def _proven(self, node: Node) -> str:
        proven = node.proven
        assert proven is not None
        return self.say(
            "proven: not before {earliest}, not after {latest}",
            earliest="?" if proven.not_before is None else minute(proven.not_before),
            latest="?" if proven.not_after is None else minute(proven.not_after),
        )

    def _receipt(self, receipt: Receipt) -> str:
        template = {
            "local": "signed here on {time}; form, signature and chain hold",
            "import": "came on {time} from an import, {source}; form, signature and chain hold",
            "peer": "came on {time} from the peer {source}; form, signature and chain hold",
            "other": "came on {time} from {source}; form, signature and chain hold",
        }[receipt.way]
        return self.say(template, time=minute(receipt.time), source=receipt.source or "?")

    def _tool(self, tool: Tool) -> str:
        name = f"{tool.tool} {tool.version}" if tool.version else tool.tool
        did = [each for each in (tool.kind, tool.role) if each]
        if tool.human:
            did.append(self.say("a person: {part}", part=tool.human))
        return self.say("made with {tool} ({did})", tool=name, did=", ".join(did) or "?")

    def _remark(self, remark: Remark, indent: str) -> Iterator[str]:
        text = self.say(remark.template, **remark.fields)
        yield from _wrapped(f"! {text}", indent, indent + "  ", self.columns)

    # --- what happened -------------------------------------------------------------------------------

    def _event_lines(self, node: Node) -> Iterator[str]:
        event = node.event
        when = plain(event.when or "?") if event is not None else "?"
        parts = [plain(node.title or short_id(node.id))]
        if event is not None and event.agent and not (event.giver or event.taker):
            parts.append(self.say("by {agent}", agent=event.agent))
        lead = f"  {padded(when, _DATES)}  "
        yield from _wrapped(" ".join(parts), lead, " " * min(width(lead), 20), self.columns)
        told = self.say(
            "told by {author} on {day}, {id}",
            author=node.author_name,
            day=day(node.claimed or 0),
            id=short_id(node.id),
        )
        yield cut(" " * (_DATES + 4) + told, self.columns)
        for remark in node.remarks:
            yield from self._remark(remark, " " * (_DATES + 4))

    # --- trees ---------------------------------------------------------------------------------------

    def _section(self, title: str, edges: Sequence[Edge], nothing: str) -> Iterator[str]:
        yield title
        if not edges:
            yield f"  {nothing}"
            return
        upward = edges is self.trace.up
        below: dict[RecordId, list[Edge]] = defaultdict(list)
        for edge in edges:
            below[edge.later if upward else edge.earlier].append(edge)
        left_out: dict[RecordId, list[Omitted]] = defaultdict(list)
        for one in self.trace.omitted:
            if one.direction == ("up" if upward else "down"):
                left_out[one.record].append(one)
        self.told = {self.trace.root}
        yield from self._tree(below, left_out, upward=upward)

    def _tree(
        self, below: dict[RecordId, list[Edge]], left_out: dict[RecordId, list[Omitted]], *, upward: bool
    ) -> Iterator[str]:
        """Depth first without recursion: a line of descent may be long."""
        stack = [(self.trace.root, "", iter(_siblings(below, left_out, self.trace.root)))]
        while stack:
            _, indent, siblings = stack[-1]
            found = next(siblings, None)
            if found is None:
                stack.pop()
                continue
            item, last = found
            lead, carry = indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  ")
            if isinstance(item, Omitted):
                words = wording(item.relation)
                yield lead + self.say(
                    "{relation}: {count} more",
                    relation=self.say(words.up if upward else words.down),
                    count=item.count,
                )
                continue
            node = self.trace.nodes.get(item.earlier if upward else item.later)
            if node is None:
                continue
            again = node.id in self.told
            self.told.add(node.id)
            shallow = carry if width(carry) <= self.columns // 2 else "  "
            yield from self._branch(item, node, lead, shallow, upward=upward, again=again)
            if not again:
                stack.append((node.id, carry, iter(_siblings(below, left_out, node.id))))

    def _branch(
        self, edge: Edge, node: Node, lead: str, carry: str, *, upward: bool, again: bool
    ) -> Iterator[str]:
        label = self._label(edge, upward=upward)
        lead = lead if width(lead) <= self.columns // 2 else f"… {lead[-3:]}"
        title = plain(node.title) if node.title else short_id(node.id)
        yield cut(f"{lead}{label}: {title}" + (f" ({self.say('told above')})" if again else ""), self.columns)
        if again:
            return
        meta = [short_id(node.id)]
        if node.verified:
            meta = [self.say(node.kind or "?"), plain(node.author_name or "?"), day(node.claimed or 0), *meta]
        yield cut(f"{carry}  {' · '.join(meta)}", self.columns)
        for remark in node.remarks:
            yield from self._remark(remark, carry + "  ")

    def _label(self, edge: Edge, *, upward: bool) -> str:
        words = wording(edge.relation)
        label = self.say(words.up if upward else words.down)
        if edge.role and not upward:
            label = self.say(edge.role)
        if edge.official is False:
            label = self.say("{relation}, without authority", relation=label)
        return plain(label)

    # --- bounds ------------------------------------------------------------------------------------------

    def _bounds(self) -> Iterator[str]:
        if self.trace.full:
            yield ""
            yield self.say("More is held than was told: give --most a greater number.")
        if self.trace.deeper:
            yield ""
            yield self.say(
                "There is more beyond depth {depth}: give --depth a greater number.", depth=self.trace.depth
            )


def _siblings(
    below: dict[RecordId, list[Edge]], left_out: dict[RecordId, list[Omitted]], rid: RecordId
) -> list[tuple[Edge | Omitted, bool]]:
    items: list[Edge | Omitted] = [*below.get(rid, ()), *left_out.get(rid, ())]
    return [(item, at == len(items) - 1) for at, item in enumerate(items)]


def _wrapped(text: str, first: str, rest: str, columns: int) -> Iterator[str]:
    """Lines broken at spaces; a word that is too long alone is cut."""
    line, indent = first, rest
    empty = True
    for word in text.split(" "):
        if not empty and width(line) + 1 + width(word) > columns:
            yield line
            line, empty = indent, True
        line += word if empty else f" {word}"
        empty = False
        if width(line) > columns:
            line = cut(line, columns)
    yield line
