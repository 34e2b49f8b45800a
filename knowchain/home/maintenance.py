"""Keeping a home for years: check, rebuild, back up, restore, and erase what must go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowchain.admission.fsck import Finding, check_store
from knowchain.admission.replay import Replayed, replay
from knowchain.chains import Flag
from knowchain.chains.holdings import ERASES
from knowchain.errors import HomeError, StorageFault
from knowchain.home.durable import sync_folder, write_whole
from knowchain.home.home import NETWORK_SETTING, RESTORED_SETTING, Home, remove_tree
from knowchain.home.layout import Layout
from knowchain.identifiers import RecordId
from knowchain.search.index import SearchIndex
from knowchain.storage.lock import HomeLock
from knowchain.storage.store import RecordStore

__all__ = ["Backup", "Erased", "backup", "check", "erase_due", "rebuild", "restore", "trust_newest"]

ERASURE_DELAY_MS: Final = 30 * 24 * 3600 * 1000
"""How long erased bodies are held closed before they go, so that a stolen key can't destroy an archive."""
_MARK: Final = "knowchain-backup"
BEFORE_REBUILD: Final = "store.before-rebuild.sqlite"
"""Where a rebuild leaves the store that it replaced."""


def check(home: Home, progress: Callable[[int], None] = lambda _done: None) -> list[Finding]:
    """Find every inconsistency of the record store (``fsck``). Nothing is changed.

    Raises:
        Corruption, StorageFault: the store can't be read, or there is no room for the derived copy.
    """
    home.store.checkpoint()
    scratch = home.layout.root / "fsck.sqlite"
    _remove_database(scratch)
    return check_store(home.layout.store, scratch, network=home.network, progress=progress)


def rebuild(root: Path, progress: Callable[[int], None] = lambda _done: None) -> tuple[Replayed, Path]:
    """Make the store again from its blocks, and put it in place of the old one, which is kept aside.

    Args:
        root: the home's folder; nobody may have it open.
        progress: told how many records are done.

    Returns:
        What the replay found, and where the old store is.

    Raises:
        HomeError: no home there, or it is in use.
        Corruption, StorageFault: the old store can't be read, or the new one not written.
    """
    layout = Layout(root)
    if not layout.exists:
        raise HomeError("there is no home in {path}", remedy="name its folder with --home", path=root)
    fresh, kept = layout.root / "store.rebuilt.sqlite", layout.root / BEFORE_REBUILD
    with HomeLock(layout.lock, "rebuild"):
        _remove_database(fresh)
        try:
            with RecordStore(layout.store) as old, RecordStore(fresh) as new:
                network = old.reader().setting(NETWORK_SETTING) or "main"
                result = replay(old.connection, new, network=network, progress=progress)
                new.checkpoint()
        except BaseException:
            _remove_database(fresh)
            raise
        _remove_database(kept)
        layout.store.replace(kept)
        fresh.replace(layout.store)
        for database in (kept, layout.store):
            for suffix in ("-wal", "-shm"):
                database.with_name(database.name + suffix).unlink(missing_ok=True)
        sync_folder(layout.root)
    return result, kept


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written."""

    folder: Path
    records: int
    bytes: int


def backup(home: Home, folder: Path) -> Backup:
    """Copy the records, keys, settings and pins elsewhere to a new folder while the home is in use.

    The store's copy is one consistent state. Key files are copied as they are: encrypted if they are.

    Raises:
        StorageFault: the folder exists and is not empty, or can't be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageFault(
            "{path} is not empty", remedy="choose a folder that does not exist yet", path=folder
        )
    target = Layout(folder)
    made = not folder.exists()
    try:
        target.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        home.store.backup(target.store)
        if home.layout.pins.is_file():
            home.remote_pins.backup(target.pins)
        for file in sorted(home.layout.keys.iterdir()):
            write_whole(target.keys / file.name, file.read_bytes())
        if home.layout.config.is_file():
            write_whole(target.config, home.layout.config.read_bytes())
        write_whole(folder / _MARK, b"1\n", mode=0o600)
        sync_folder(folder)
    except OSError as exc:
        raise StorageFault(
            "the backup {path} can't be written: {why}",
            remedy="choose a disk with room, that this user may write",
            path=folder,
            why=exc.strerror or str(exc),
        ) from exc
    except BaseException:
        if made:
            remove_tree(folder)
        raise
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Backup(folder, home.store.reader().last_arrival(), size)


def restore(folder: Path, root: Path) -> int:
    """Make a home from a backup. It does not sign with its old key until the owner has decided.

    A later copy of the home may have signed further records with that key; signing again from the
    older state would fork the chain. So the owner rotates the key, or says that no such copy exists.

    Args:
        folder: the backup.
        root: the folder of the new home; must be empty or not exist.

    Returns:
        How many records it holds.

    Raises:
        HomeError: not a backup, or ``root`` is in use.
        StorageFault: the disk refused; nothing is left behind.
    """
    if not (folder / _MARK).is_file() or not Layout(folder).exists:
        raise HomeError(
            "{path} is no backup", remedy="give the folder that `knowchain backup` wrote", path=folder
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeError(
            "{path} is not empty", remedy="name a new folder with --home; then compare", path=root
        )
    aside = root.with_name(f".{root.name}.restored")
    remove_tree(aside)
    try:
        shutil.copytree(folder, aside)
        (aside / _MARK).unlink()
        with RecordStore(Layout(aside).store) as store:
            store.set_setting(RESTORED_SETTING, str(store.reader().last_arrival()))
            count = store.reader().last_arrival()
        sync_folder(aside)
        aside.replace(root)
        sync_folder(root.parent)
    except OSError as exc:
        raise StorageFault(
            "the home {path} can't be restored: {why}",
            remedy="choose a folder that this user may write, on a disk with room",
            path=root,
            why=exc.strerror or str(exc),
        ) from exc
    finally:
        remove_tree(aside)
    return count


def trust_newest(home: Home) -> None:
    """The owner says that no later copy of this restored home ever signed anything."""
    home.store.remove_setting(RESTORED_SETTING)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure run did."""

    waiting: int
    """Bodies that are held closed until their delay ends."""
    destroyed: tuple[RecordId, ...]
    """Records whose bodies are gone from this disk."""


def erase_due(home: Home, *, delay_ms: int = ERASURE_DELAY_MS) -> Erased:
    """Destroy the bodies of records whose firm erasure has stood for the delay.

    Args:
        home: the open home.
        delay_ms: the operator's setting.
    """
    now = home.clock()
    with home.store.snapshot() as reader:
        standing = reader.standing()
        firm = {rid for rid in reader.targets_of(ERASES) if Flag.ERASED in standing.flags(rid)}
        noted = reader.erasures()
    home.store.forget_erasures(rid for rid in noted if rid not in firm)
    home.store.note_erasures(sorted(firm - noted.keys()), now=now)
    due = [rid for rid, since in sorted(noted.items()) if rid in firm and now - since >= delay_ms]
    destroyed = tuple(rid for rid in due if home.store.erase_body(rid))
    if destroyed:
        # What a rebuild kept aside holds the same texts: an erasure must reach it, too.
        _remove_database(home.layout.root / BEFORE_REBUILD)
    SearchIndex(home.store).catch_up()  # the words of what is destroyed go from the index, and its file
    return Erased(len(firm) - len(due), destroyed)


def _remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
