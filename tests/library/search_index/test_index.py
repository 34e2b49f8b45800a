"""The index holds the words of what is held and stands, in any order of arrival, and forgets the rest."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from people_writing import DAY, Clock, Person

from knowchain.admission import Admission, Incoming
from knowchain.admission.fsck import Finding, check_store
from knowchain.home import Home
from knowchain.home.maintenance import check, erase_due, rebuild
from knowchain.identifiers import RecordId, key_id
from knowchain.records import Add, Ref, write_record
from knowchain.search import index
from knowchain.search.index import PURGE_SETTING, VERSION_SETTING, SearchIndex
from knowchain.search.querying import parse_words, ranked
from knowchain.search.text import TOKENIZER
from knowchain.storage.reader import Reader
from knowchain.storage.schema import MIGRATIONS
from knowchain.storage.store import RecordStore


def found(home: Home, words: str) -> list[RecordId]:
    """What the index finds by itself, once it is up to date."""
    SearchIndex(home.store).catch_up()
    with home.store.snapshot() as reader:
        return [match.id for match in ranked(reader, parse_words(words))]


def test_the_table_takes_the_tokenizer_that_the_words_are_cut_for() -> None:
    statements = " ".join(MIGRATIONS[1].statements)
    assert f"tokenize = '{TOKENIZER}'" in statements


def test_a_body_is_found_once_it_is_here(home: Home, mari: Person) -> None:
    late = mari.work("The lighthouse", keep_body=False)
    body = mari.last_body
    assert body is not None
    assert found(home, "lighthouse") == []
    home.admission.admit_body(late, body, source="peer:x")
    assert found(home, "lighthouse") == [late]


def test_two_records_with_one_body_are_both_found(home: Home, mari: Person) -> None:
    """The second header comes without the body, which is here already."""
    first = mari.write("note", {"text": {"en": ["twofold"]}})
    with home.store.snapshot() as reader:
        stored = reader.record(first)
        assert stored is not None
        link = stored.block.header.body

    block = write_record(
        mari.device,
        kind="note",
        author=mari.identity,
        prev=mari.chain[-1:],
        seq=len(mari.chain),
        time=1,
        body=link,
    )
    second = mari.admit(block.data)
    assert set(found(home, "twofold")) == {first, second}


def test_what_is_retracted_leaves_the_index_and_what_is_reinstated_returns(home: Home, mari: Person) -> None:
    work = mari.work("The lighthouse")
    assert found(home, "lighthouse") == [work]
    retraction = mari.retract(work)
    assert found(home, "lighthouse") == []
    mari.retract(retraction, reason="reinstatement")
    assert found(home, "lighthouse") == [work]


def test_a_stranger_retracts_nothing(home: Home, mari: Person, ifor: Person) -> None:
    work = mari.work("The lighthouse")
    ifor.retract(work)
    assert found(home, "lighthouse") == [work]


def test_a_retraction_before_its_target_counts_when_that_comes(
    home: Home, tmp_path: Path, mari: Person
) -> None:
    work = mari.work("The lighthouse")
    mari.retract(work)
    with home.store.snapshot() as reader:
        items = [Incoming(item[2], item[3]) for item in reader.deliveries(after=0, limit=100)]
    with (
        RecordStore(tmp_path / "other.sqlite") as other,
        Admission(other, network="main", clock=lambda: 1) as door,
    ):
        index = SearchIndex(other)
        for item in items[::-1] * 8:  # parked and tried again, in the worst order
            door.admit(item.block, item.body, source="x")
            index.catch_up()
        with other.snapshot() as reader:
            assert list(ranked(reader, parse_words("lighthouse"))) == []


def test_an_heir_may_retract_once_the_handover_is_accepted(home: Home, mari: Person, ifor: Person) -> None:
    work = mari.work("The lighthouse")
    ifor.retract(work)
    assert found(home, "lighthouse") == [work]
    mari.hand_over_to(ifor)
    assert found(home, "lighthouse") == []


def test_over_two_handovers_the_one_between_counts_too(home: Home, mari: Person, ifor: Person) -> None:
    last = Person(home)
    work = mari.work("The lighthouse")
    last.retract(work)
    ifor.hand_over_to(last)
    assert found(home, "lighthouse") == [work]
    mari.hand_over_to(ifor)
    assert found(home, "lighthouse") == []


def test_a_retraction_by_a_thief_falls_with_the_key(home: Home, mari: Person) -> None:
    work = mari.work("The lighthouse")
    honest = len(mari.chain) - 1
    mari.retract(work)  # by whoever has the key now
    assert found(home, "lighthouse") == []
    mari.revoke_after(honest)
    assert found(home, "lighthouse") == [work]


def test_words_that_only_an_erased_body_held_are_gone_from_the_file(
    home: Home, mari: Person, clock: Clock
) -> None:
    for n in range(50):
        mari.work(f"The harbour {n}")
    secret = mari.work("zqxwvutsrq", description={"en": ["plokijuhyg 密語秘文 rather private"]})
    assert found(home, "zqxwvutsrq") == [secret]
    home.store.checkpoint()
    assert holds(home, b"zqxwvutsrq")
    mari.retract(secret, scope="erase", reason="privacy")
    erase_due(home)
    clock.now += 31 * DAY
    assert erase_due(home).destroyed == (secret,)
    assert found(home, "zqxwvutsrq") == []
    for word in (b"zqxwvutsrq", b"plokijuhyg", "密語".encode(), "秘文".encode()):
        assert not holds(home, word), word
    assert len(found(home, "harbour")) == 50


def test_an_erasure_that_was_interrupted_is_finished_later(
    home: Home, mari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = mari.work("zqxwvutsrq")
    found(home, "zqxwvutsrq")
    home.store.erase_body(secret)
    with monkeypatch.context() as patch:
        patch.setattr(SearchIndex, "_purge", lambda _self: None)
        SearchIndex(home.store).catch_up()  # and the power fails here
    assert home.store.reader().setting(PURGE_SETTING) is not None
    SearchIndex(home.store).catch_up()
    assert home.store.reader().setting(PURGE_SETTING) is None
    assert not holds(home, b"zqxwvutsrq")


def holds(home: Home, word: bytes) -> bool:
    """Whether a word stands anywhere in the store's files."""
    return any(word in file.read_bytes() for file in home.layout.root.glob("store.sqlite*"))


def test_a_body_that_went_while_its_words_were_cut_does_not_come_back(
    home: Home, mari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = mari.work("The lighthouse")
    plain = index._rows

    def slow(reader: Reader, records: Iterable[int]) -> list[index._Row]:
        rows = plain(reader, records)
        with home.store.derive() as connection:
            connection.execute("DELETE FROM bodies WHERE record = ?", (reader.row_id(work),))
        return rows

    monkeypatch.setattr(index, "_rows", slow)
    assert found(home, "lighthouse") == []


def test_the_index_can_be_brought_up_in_steps(home: Home, mari: Person) -> None:
    for n in range(5):
        mari.work(f"The lighthouse {n}")
    followed = SearchIndex(home.store)
    told: list[int] = []
    assert followed.pending() > 0
    followed.catch_up(told.append)
    assert told
    assert told[-1] == max(told)
    assert followed.pending() == 0
    assert followed.catch_up() == 0


def test_another_version_of_the_rules_makes_the_index_anew(home: Home, mari: Person) -> None:
    work = mari.work("The lighthouse")
    gone = mari.work("The lighthouse again")
    mari.retract(gone)
    assert found(home, "lighthouse") == [work]
    home.store.set_setting(VERSION_SETTING, "0/of-old")
    with home.store.derive() as connection:
        connection.execute("UPDATE search_text SET title = 'as it was cut of old'")
    assert found(home, "lighthouse") == [work]
    assert found(home, "old") == []
    assert check(home) == []


# --- fsck and rebuild ---------------------------------------------------------------------------------------


@pytest.fixture
def storied(home: Home, mari: Person, ifor: Person) -> Home:
    """A home in which everything happened that the index follows."""
    stays, goes, returns = (mari.work(f"The lighthouse {word}") for word in ("stays", "goes", "returns"))
    mari.retract(goes)
    mari.retract(mari.retract(returns), reason="reinstatement")
    ifor.retract(stays)
    mari.write("note", {"text": {"en": ["no target"]}}, [Ref("kc:retracts", stays)])
    ifor.write("note", None, [Ref("kc:erases", goes)])
    home.store.erase_body(ifor.work("erased words"))
    SearchIndex(home.store).catch_up()
    mari.change(Add(key_id(b"another device")))
    return home


def test_a_home_with_a_story_is_sound(storied: Home) -> None:
    assert check(storied) == []
    SearchIndex(storied.store).catch_up()
    assert check(storied) == []


def test_tickets_that_wait_excuse_what_they_are_for(storied: Home, mari: Person) -> None:
    mari.retract(mari.work("The lighthouse, once more"))
    assert SearchIndex(storied.store).pending() > 0
    assert check(storied) == []


def test_a_rebuilt_index_finds_the_same(storied: Home) -> None:
    before = found(storied, "lighthouse")
    root = storied.layout.root
    storied.close()
    rebuild(root)
    with Home.open(root) as again:
        assert SearchIndex(again.store).pending() == 0
        with again.store.snapshot() as reader:
            assert [match.id for match in ranked(reader, parse_words("lighthouse"))] == before


DAMAGE = {
    "a text changed": "UPDATE search_text SET title = 'elsewhere' WHERE rowid = "
    "(SELECT max(rowid) FROM search_text)",
    "a record lost": "DELETE FROM search_text WHERE rowid = (SELECT max(rowid) FROM search_text)",
    "a record invented": "INSERT INTO search_text (rowid, title) VALUES (999999, 'nothing')",
    "kept text and words differ": "UPDATE search_text_content SET c0 = 'elsewhere' WHERE id = "
    "(SELECT max(id) FROM search_text_content)",
    "a length lost": "DELETE FROM search_text_docsize WHERE id = (SELECT max(id) FROM search_text_docsize)",
    "words lost": "DELETE FROM search_text_data WHERE id > 100",
    "a ticket for nothing": "INSERT INTO search_queue (record) VALUES (999999)",
    "a withdrawal forgotten": "DELETE FROM search_withdrawn",
}


@pytest.mark.parametrize("sql", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_to_the_index_is_found(storied: Home, tmp_path: Path, sql: str) -> None:
    SearchIndex(storied.store).catch_up()
    storied.store.checkpoint()
    path = tmp_path / "damaged.sqlite"
    shutil.copy(storied.layout.store, path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(sql).rowcount > 0
        connection.commit()
    findings: list[Finding] = check_store(path, tmp_path / "scratch.sqlite", network="main")
    assert findings
    assert all(one.where.startswith("search") and one.remedy for one in findings)


def test_a_store_of_the_first_schema_is_indexed_when_it_is_opened(
    home: Home, mari: Person, tmp_path: Path
) -> None:
    """What was held before there was an index gets its tickets with the migration."""
    work = mari.work("The lighthouse")
    gone = mari.work("The lighthouse again")
    mari.retract(gone)
    home.store.checkpoint()
    path = tmp_path / "old.sqlite"
    shutil.copy(home.layout.store, path)
    with closing(sqlite3.connect(path)) as connection:
        for table in ("search_queue", "search_text", "search_withdrawn"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP INDEX refs_by_record")
        connection.execute("DELETE FROM settings WHERE name = ?", (VERSION_SETTING,))
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with RecordStore(path) as store:
        SearchIndex(store).catch_up()
        with store.snapshot() as reader:
            assert [match.id for match in ranked(reader, parse_words("lighthouse"))] == [work]
