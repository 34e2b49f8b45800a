"""Fill a store until the disk is full: ``filling.py FOLDER BYTES``; no file may grow beyond that."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from nursery import items

from knowchain.admission import Admission
from knowchain.errors import StorageFault
from knowchain.identifiers import record_id
from knowchain.storage.store import RecordStore


def main(folder: Path, size: int) -> None:
    """Print ``full N REMEDY`` when the disk was full after N records, then ``went on N``."""
    made = items("full")
    with RecordStore(folder / "store.db") as store, Admission(store, network="main", clock=lambda: 1) as door:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        accepted = 0
        while True:
            item = made[accepted]
            try:
                assert door.admit(item.block, item.body, source="local").ok
            except StorageFault as fault:
                print("full", accepted, fault.remedy, flush=True)
                break
            accepted += 1
        for item in made[:accepted]:
            assert record_id(item.block) in store.reader()
        assert record_id(made[accepted].block) not in store.reader()
        assert store.reader().last_arrival() == accepted
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert all(door.admit(item.block, item.body, source="local").ok for item in made)
        assert [stored.id for stored in store.reader().records()] == [record_id(item.block) for item in made]
        print("went on", len(made), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
