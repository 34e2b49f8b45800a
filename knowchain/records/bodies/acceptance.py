"""Which records a collection takes as its members.

A record asks by pointing to the collection with ``dcterms:isPartOf``; the collection's rule answers.
Who is a member follows from records alone, so every peer gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from knowchain.identifiers import RecordId
from knowchain.records.bodies.reading import read_body
from knowchain.records.bodies.values import Stored
from knowchain.records.vocabulary.languages import matches

__all__ = ["Acceptance", "acceptance_of"]


@dataclass(frozen=True)
class Acceptance:
    """The rule of one collection."""

    rule: str
    """``open``, ``invited`` or ``curators``; any other is read as ``curators``."""
    curators: frozenset[str]
    """Ids of the identities that decide; the collection's author is always one."""
    invited: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    """Kinds that are taken; empty: all."""
    languages: tuple[str, ...] = ()
    """Languages that are taken, each with what is narrower; empty: all."""

    def takes(
        self,
        *,
        author: RecordId,
        kind: str,
        languages: Iterable[str] = (),
        accessioned_by: Iterable[RecordId] = (),
    ) -> bool:
        """Whether a record that asks is a member.

        Args:
            author: the identity that signed it.
            kind: its kind.
            languages: the tags of its languages.
            accessioned_by: the authors of ``accession`` events about it that are part of the
                collection, less those whose later ``deaccession`` or retraction took it back.
        """
        if self.kinds and kind not in self.kinds:
            return False
        tags = list(languages)
        if self.languages and not any(matches(tag, wanted) for tag in tags for wanted in self.languages):
            return False
        return self._admits(str(author), {str(curator) for curator in accessioned_by})

    def _admits(self, author: str, accessioned_by: set[str]) -> bool:
        if self.rule == "open" or author in self.curators:
            return True
        if self.rule == "invited" and author in self.invited:
            return True
        return not self.curators.isdisjoint(accessioned_by)


def acceptance_of(collection: Mapping[str, Stored], owner: RecordId) -> Acceptance:
    """The rule that a collection's body states.

    Args:
        collection: the body's fields; a missing or unknown rule takes what curators took.
        owner: the identity that signed the collection.
    """
    fields = read_body("collection", collection).fields
    stated = fields.get("acceptance")
    rule = stated if isinstance(stated, dict) else {}
    return Acceptance(
        rule=str(rule.get("rule", "curators")),
        curators=frozenset({str(owner), *_texts(fields.get("curators"))}),
        invited=frozenset(_texts(rule.get("invited"))),
        kinds=frozenset(_texts(rule.get("kinds"))),
        languages=_texts(rule.get("languages")),
    )


def _texts(stored: Stored) -> tuple[str, ...]:
    return tuple(item for item in stored if isinstance(item, str)) if isinstance(stored, list) else ()
