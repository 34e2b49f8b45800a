"""The file: its schema, who may open it, what happens when the disk is full, and what is no store at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from knowchain.admission.fsck import check_store
from knowchain.errors import Corruption, HomeError, StorageFault
from knowchain.storage.database import Database
from knowchain.storage.lock import HomeLock
from knowchain.storage.schema import MIGRATIONS, Migration, migrate
from knowchain.storage.store import RecordStore

HERE = Path(__file__).parent


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()
    return number


def test_a_thread_that_has_ended_leaves_no_connection_behind(tmp_path: Path) -> None:
    """A peer makes a thread for every long answer, for months."""
    database = Database(tmp_path / "x.db")

    def look() -> None:
        database.reader().execute("SELECT 1").fetchone()

    look()
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    for _ in range(20):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    if before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 4  # SQLite keeps one for the next
    assert database.reader().execute("SELECT 1").fetchone() == (1,)
    database.close()


def test_a_commit_is_synced_in_full(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    for connection in (database.writer, database.reader()):
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.reader().execute("CREATE TABLE t (x)")
    database.close()


def test_a_new_store_has_the_newest_schema(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    RecordStore(path).close()
    assert version(path) == MIGRATIONS[-1].number
    RecordStore(path).close()
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_newer_store_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    RecordStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HomeError, match="schema 999; this knowchain knows up to") as refused:
        RecordStore(path)
    assert "install" in refused.value.remedy
    assert path.read_bytes() == before


def test_migrations_are_applied_in_order_and_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    one = Migration(1, "one", ("CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"))
    two = Migration(2, "two", ("INSERT INTO t SELECT x + 1 FROM t",))
    migrate(database, (one,))
    migrate(database, (one, two))
    migrate(database, (one, two))
    assert database.writer.execute("SELECT x FROM t ORDER BY x").fetchall() == [(1,), (2,)]
    assert database.writer.execute("PRAGMA user_version").fetchone()[0] == 2
    database.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    one = Migration(1, "one", ("CREATE TABLE t (x)",))
    bad = Migration(2, "bad", ("INSERT INTO t VALUES (1)", "INSERT INTO nowhere VALUES (1)"))
    migrate(database, (one,))
    with pytest.raises(StorageFault, match="nowhere"):
        migrate(database, (one, bad))
    assert database.writer.execute("SELECT count(*) FROM t").fetchone()[0] == 0
    assert database.writer.execute("PRAGMA user_version").fetchone()[0] == 1
    database.close()


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(Corruption, match=r"store\.db is damaged") as refused:
        RecordStore(path)
    assert "fsck" in refused.value.remedy


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageFault, match=r"nowhere/store\.db can't be used") as refused:
        RecordStore(tmp_path / "nowhere" / "store.db")
    assert "folder exists" in refused.value.remedy


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "store.db") as store:
        with pytest.raises(ZeroDivisionError), store.write() as transaction:
            transaction._connection.execute("INSERT INTO settings VALUES ('a', 'b')")
            _ = 1 / 0
        assert store.reader().setting("a") is None
        store.set_setting("a", "c")
        assert store.reader().setting("a") == "c"


def test_threads_take_turns(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "store.db") as store:
        store.set_setting("n", "0")
        failures: list[BaseException] = []

        def count() -> None:
            try:
                for _ in range(50):
                    with store._database.transaction() as connection:
                        (value,) = connection.execute(
                            "SELECT value FROM settings WHERE name = 'n'"
                        ).fetchone()
                        connection.execute(
                            "UPDATE settings SET value = ? WHERE name = 'n'", (int(value) + 1,)
                        )
            except BaseException as exc:
                failures.append(exc)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert store.reader().setting("n") == "200"


@pytest.mark.parametrize("size", [500_000, 1_500_000])
def test_a_full_disk_is_a_fault_and_the_store_goes_on(tmp_path: Path, size: int) -> None:
    run = subprocess.run(
        [sys.executable, HERE / "filling.py", tmp_path, str(size)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    full, went_on = run.stdout.splitlines()
    word, count, remedy = full.split(" ", 2)
    assert word == "full"
    assert int(count) > 1
    assert remedy
    assert went_on == "went on 401"
    assert check_store(tmp_path / "store.db", tmp_path / "scratch.db", network="main") == []


# --- one process at a time ----------------------------------------------------------------------------


def test_a_second_holder_is_refused_and_told_who_holds(tmp_path: Path) -> None:
    with HomeLock(tmp_path / "lock", "node"):
        with pytest.raises(HomeError, match=rf"in use by process {os.getpid()} \(node\)") as refused:
            HomeLock(tmp_path / "lock")
        assert refused.value.remedy
    with HomeLock(tmp_path / "lock"):
        pass


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from knowchain.storage.lock import HomeLock;HomeLock(pathlib.Path(sys.argv[1]))"
    )
    with HomeLock(tmp_path / "lock", "publish"):
        run = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "lock"], capture_output=True, text=True, check=False
        )
    assert run.returncode == 1
    assert "HomeError" in run.stderr
    assert "(publish)" in run.stderr
    again = subprocess.run([sys.executable, "-c", script, tmp_path / "lock"], check=False)
    assert again.returncode == 0


def test_the_system_frees_the_lock_of_a_killed_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from knowchain.storage.lock import HomeLock;"
        "lock = HomeLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(HomeError, match=f"process {child.pid}"):
        HomeLock(tmp_path / "lock")
    child.kill()
    child.communicate()
    HomeLock(tmp_path / "lock").release()


def test_releasing_twice_is_safe(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path / "lock")
    lock.release()
    lock.release()


def test_a_lock_without_a_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(StorageFault, match="can't be opened"):
        HomeLock(tmp_path / "nowhere" / "lock")
