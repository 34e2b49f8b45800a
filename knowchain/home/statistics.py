"""Statistics: what a home holds, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowchain.errors import HomeError
from knowchain.home.home import RESTORED_SETTING, Home
from knowchain.home.names import Names
from knowchain.identifiers import PublicKey, RecordId

__all__ = ["ContentCount", "Statistics", "statistics"]


@dataclass(frozen=True, slots=True)
class ContentCount:
    """Blocks of files and their bytes."""

    blocks: int
    bytes: int
    in_place_blocks: int
    in_place_bytes: int
    waiting_bytes: int
    """Let go of, and not yet erased from the disk."""
    problems: int
    """Blocks that could not be served where they should have been."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a home holds."""

    home: Path
    network: str
    identity: RecordId | None
    name: str | None
    device: PublicKey
    restored: bool
    """Whether it came from a backup and may not sign yet."""
    records: int
    kinds: Mapping[str, int]
    identities: int
    heads: int
    missing_bodies: int
    to_announce: int
    """Records that no peer was told of yet."""
    store_bytes: int
    content: ContentCount | None


def statistics(home: Home, _request: None = None) -> Statistics:
    """Count what is here."""
    with home.store.snapshot() as reader:
        identity = home.identity if home.has_identity else None
        kinds = reader.counts_by_kind()
        return Statistics(
            home=home.layout.root,
            network=home.network,
            identity=identity,
            name=None if identity is None else Names(reader).display_name(identity),
            device=home.device_public_key,
            restored=reader.setting(RESTORED_SETTING) is not None,
            records=sum(kinds.values()),
            kinds=kinds,
            identities=sum(1 for _ in reader.identities()),
            heads=sum(1 for _ in reader.heads()),
            missing_bodies=sum(1 for _ in reader.missing_bodies()),
            to_announce=len(reader.outbox(limit=-1)),
            store_bytes=_size(home.layout.store),
            content=_content(home),
        )


def _content(home: Home) -> ContentCount | None:
    if not home.layout.content.is_dir():
        return None
    totals = home.content.totals()
    return ContentCount(
        totals.packed,
        totals.packed_bytes,
        totals.original,
        totals.original_bytes,
        totals.dead_bytes,
        len(home.content.problems()),
    )


def _size(store: Path) -> int:
    try:
        return sum(path.stat().st_size for path in store.parent.glob(f"{store.name}*"))
    except OSError as exc:
        raise HomeError(
            "{path} can't be read: {why}",
            remedy="check the folder",
            path=store.parent,
            why=exc.strerror or str(exc),
        ) from exc
