"""People with homes of their own, whose records reach each other block by block."""

from __future__ import annotations

from pathlib import Path

from knowchain.home import Home
from knowchain.home.authoring import author
from knowchain.home.beginning import begin
from knowchain.home.rights import rights_fields, rights_record
from knowchain.identifiers import RecordId

START = 1_800_000_000_000


class Person:
    """A home whose clock moves a second with every look at it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.now = START
        root = folder / name
        begin(root, name=name, recovery_file=folder / f"{name}-recovery.txt", clock=self.clock)
        self.home = Home.open(root, clock=self.clock, verifiers=1)
        self.id = self.home.identity
        self.rights = rights_record(self.home, rights_fields(self.home))[0]

    def clock(self) -> int:
        self.now += 1000
        return self.now

    def sign(self, kind: str, /, **fields: object) -> RecordId:
        return author(self.home, kind, fields).id

    def work(self, title: str, language: str = "en", /, **fields: object) -> RecordId:
        return self.sign(
            "work",
            title={language: [title]},
            languages=[language],
            kind="Text",
            id=f"local:{title}",
            access="public",
            rights=[str(self.rights)],
            **fields,
        )

    def retract(self, record: RecordId) -> RecordId:
        return self.sign("retraction", scope="retract", reason="mistake", subject=[str(record)])

    def trust(self, whom: RecordId, level: int = 2, **fields: object) -> RecordId:
        return self.sign("trust", subject=str(whom), level=level, **fields)

    def hear(self, other: Person, *, bodies: bool = True) -> None:
        """Take in all that the other holds."""
        deliveries = other.home.store.reader().deliveries(after=0, limit=-1)
        for _, _, block, body, _ in deliveries:
            self.home.admission.admit(block, body if bodies else None, source="import:test")
        self.now = max(self.now, other.now)
