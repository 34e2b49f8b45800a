"""Publishing planned rows: new, changed, unchanged, or put off until what they are part of is known."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from knowchain.errors import InvalidBody, InvalidValue
from knowchain.home.home import Home
from knowchain.home.museum.chain_writer import RecordWriter
from knowchain.home.museum.own_works import KnownWork, OwnWorks
from knowchain.home.museum.parts import Parts, new_collection
from knowchain.home.museum.plans import PlannedRecord, PlannedRow, Problem, digest_of
from knowchain.home.museum.reporting import Report
from knowchain.home.museum.requests import Counts
from knowchain.identifiers import RecordId
from knowchain.records import Ref

__all__ = ["RowPublishing"]

_RIGHTS: Final = "dcterms:rights"
_PART_OF: Final = "dcterms:isPartOf"
_REVISES: Final = "prov:wasRevisionOf"
_ABOUT: Final = "kc:about"


@dataclass
class RowPublishing:
    """Publishes rows, one after the other.

    Attributes:
        own: what was published before, and what this table has so far.
        writer: signs; in a dry run it doesn't.
        report: hears of everything that is wrong.
        counts: what was done.
    """

    home: Home
    own: OwnWorks
    writer: RecordWriter
    report: Report
    counts: Counts = field(default_factory=Counts)
    naming_files: int = 0
    """Rows that name files."""

    def __post_init__(self) -> None:
        self._author = self.home.identity
        self._parts = Parts(self.home.store, self.own)

    # --- one row ---------------------------------------------------------------------------------------

    def take(self, plan: PlannedRow) -> None:
        """Publish a row, or say why not, or put it off until what it is part of is known."""
        self.counts.rows += 1
        self.naming_files += bool(plan.files)
        for problem in plan.problems:
            self.report.add(problem)
        if self._is_new_name(plan) and plan.work is not None:
            self._publish_or_put_off(plan)
        else:
            self.counts.refused += 1

    def _is_new_name(self, plan: PlannedRow) -> bool:
        first = self.own.first_row(plan.id, plan.number) if plan.id else plan.number
        if first != plan.number:
            self._refuse(
                plan, "id", plan.id, "{value} is the id of row {first} too", "give each row its own id",
                first=first,
            )  # fmt: skip
        return first == plan.number

    def _refuse(
        self, plan: PlannedRow, column: str, value: str, template: str, remedy: str, **fields: object
    ) -> None:
        problem = InvalidValue(
            "row {row}, column {field}: " + template,
            field=column, value=value, remedy=remedy, row=plan.number, **fields,
        )  # fmt: skip
        self.report.add(Problem.of(plan.number, problem))

    def _publish_or_put_off(self, plan: PlannedRow) -> None:
        try:
            wholes = [self._parts.find(name) for name in plan.part_of]
        except InvalidValue as exc:
            self._refuse(plan, "part_of", str(exc.fields["value"]), "{why}", exc.remedy, why=str(exc))
            self.counts.refused += 1
            return
        found = [whole for whole in wholes if whole is not None]
        if len(found) == len(wholes):
            self._publish(plan, found)
        else:
            self.own.put_off(plan.number, pickle.dumps(plan))

    def take_the_put_off(self) -> None:
        """The rows that waited: names that nobody bears become collections, then whole before part."""
        for _, plan in self._put_off():
            for name in plan.part_of:
                if not self._parts.is_a_row(name) and self._parts.find(name) is None:
                    self._make_collection(plan, name)
        progress = True
        while progress:
            progress = False
            for number, plan in self._put_off():
                wholes = [self._parts.find(name) for name in plan.part_of]
                if None not in wholes:
                    self._publish(plan, [whole for whole in wholes if whole is not None])
                    self.own.done(number)
                    progress = True
        for _, plan in self._put_off():
            name = next(each for each in plan.part_of if self._parts.find(each) is None)
            self._refuse(
                plan, "part_of", name, "{value} is no published work or collection",
                "correct the row of that id; no work is part of itself",
            )  # fmt: skip
            self.counts.refused += 1

    def _put_off(self) -> Iterator[tuple[int, PlannedRow]]:
        for number, data in self.own.put_off_rows():
            yield number, pickle.loads(data)  # noqa: S301 - this process wrote it

    def _make_collection(self, plan: PlannedRow, name: str) -> None:
        try:
            record = new_collection(name, self._author)
        except InvalidBody as exc:
            self._refuse(plan, "part_of", name, "{value} can't be a title: {why}", exc.remedy, why=str(exc))
            return
        self.own.add_collection(name, self.writer.write(record, record.references))
        self.counts.collections += 1

    # --- publishing ------------------------------------------------------------------------------------

    def _publish(self, plan: PlannedRow, wholes: Sequence[RecordId]) -> None:
        work = plan.work
        assert work is not None, "a row with errors is not published"
        known = self.own.work(plan.id)
        if known is not None and known.withdrawn:
            self._tell_withdrawn(plan, known)
            return
        refs = [
            *work.references,
            *(Ref(_RIGHTS, self._rights(each)) for each in plan.rights),
            *(Ref(_PART_OF, whole) for whole in wholes),
        ]
        digest = digest_of(work.content, refs)
        if known is not None and known.digest == digest:
            record = known.record
        elif known is None:
            record = self.writer.write(work, refs)
        else:
            record = self.writer.write(work, [*refs, Ref(_REVISES, known.record)])
        new_events = self._publish_events(plan, record, known)
        self.own.settle(plan.id, record)
        self.counts.unread += bool(plan.unread)
        if known is None:
            self.counts.works += 1
        elif known.digest != digest:
            self.counts.revised += 1
        else:
            self.counts.unchanged += 1
        self.counts.events += new_events

    def _tell_withdrawn(self, plan: PlannedRow, known: KnownWork) -> None:
        self.own.settle(plan.id, known.record)
        self.counts.withdrawn += 1
        problem = InvalidValue(
            "row {row}, column {field}: {value} was retracted, and is not published again",
            field="id",
            value=plan.id,
            row=plan.number,
            remedy="retract the retraction, or give the row another id",
        )
        self.report.add(Problem.of(plan.number, problem, "warning"))

    def _rights(self, record: PlannedRecord) -> RecordId:
        digest = digest_of(record.content, record.refs)
        known = self.own.rights(digest)
        if known is None:
            known = self.writer.write(record, record.references)
            self.own.add_rights(digest, known)
            self.counts.rights += 1
        return known

    def _publish_events(self, plan: PlannedRow, record: RecordId, known: KnownWork | None) -> int:
        """Sign the events that are not signed yet; an event of an older version stays true of the newer."""
        missing = self.own.events(plan.id) if known is not None else Counter[bytes]()
        signed = 0
        for event in plan.events:
            digest = digest_of(event.content, event.refs)
            if missing[digest] > 0:
                missing[digest] -= 1
                continue
            self.writer.write(event, [*event.references, Ref(_ABOUT, record)])
            signed += 1
        if known is not None:
            self._tell_gone(plan, missing)
        return signed

    def _tell_gone(self, plan: PlannedRow, left: Counter[bytes]) -> None:
        """Custody events that the table tells no more are named, and stay: they may still be true."""
        gone = sum((left & self.own.custody_events(plan.id)).values())
        if gone:
            problem = InvalidValue(
                "row {row}: {count} custody events of {value} are no longer in the table",
                field="custody",
                value=plan.id,
                row=plan.number,
                count=gone,
                remedy="retract them if they were wrong: `knowchain trace ID` shows them",
            )
            self.report.add(Problem.of(plan.number, problem, "warning"))
