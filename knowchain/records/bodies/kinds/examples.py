"""Ids that stand in examples: the two records of docs/spec/records.md, and three that are made up."""

from __future__ import annotations

from typing import Final

from knowchain.identifiers import record_id

__all__ = ["COLLECTION_ID", "EVENT_ID", "IDENTITY_ID", "RIGHTS_ID", "WORK_ID"]

IDENTITY_ID: Final = "bafyreia4toklvit4oziwqwh5odtkjettintydknvf77n7iufhedj54e3my"
WORK_ID: Final = "bafyreie7an72fwkbbu4bzh56pnhbgfu74ngyqwm2nrpyu657mqqz5vtzv4"
RIGHTS_ID: Final = str(record_id(b"an example of a rights record"))
COLLECTION_ID: Final = str(record_id(b"an example of a collection"))
EVENT_ID: Final = str(record_id(b"an example of an event"))
