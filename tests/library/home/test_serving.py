"""What is given to others by CID, and what is not: the withdrawn."""

from __future__ import annotations

import io

import pytest

from knowchain.admission import Incoming
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.errors import NotFound, Withdrawn
from knowchain.home import Home, begin, serving
from knowchain.home.files import DiskFiles
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Reinstatement, Withdrawal, reinstate, withdraw
from knowchain.home.serving import ServedBlocks, WithheldFiles
from knowchain.identifiers import DAG_CBOR, RAW, Cid, cid_of


@pytest.fixture
def home(tmp_path):
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    with Home.open(tmp_path / "home") as opened:
        yield opened


def add(home, data=b"a scan"):
    with home.content.batch() as batch:
        return import_file(io.BytesIO(data).read, batch, UNIXFS_V1_2025).cid


def work(home, file=None):
    files = None if file is None else DiskFiles([file])
    return publish(home, Publication({"title": {"en": ["A work"]}, "access": "public"}), files)


def twin(rid):
    return Cid(b"\x01\x55" + rid[2:])


def test_a_record_is_given_by_its_own_cid_and_by_its_raw_twin(home):
    made = work(home)
    served = ServedBlocks(home)
    block = home.store.reader().block(made.id)
    for cid in (made.id, twin(made.id)):
        assert served.get(cid) == block
        assert served.has(cid)


def test_a_body_is_given_until_it_is_withdrawn_and_its_header_stays(home):
    made = work(home)
    served = ServedBlocks(home)
    body = home.store.reader().record(made.id).block.header.body.cid
    assert cid_of(served.get(body), DAG_CBOR) == body
    withdraw(home, Withdrawal((str(made.id),), reason="mistake"))
    with pytest.raises(Withdrawn, match="was withdrawn"):
        served.get(body)
    assert not served.has(body)
    assert served.has(made.id)
    reinstate(home, Reinstatement(str(made.id)))
    assert served.has(body)


def test_a_file_is_withheld_when_every_work_that_names_it_is_withdrawn(home, tmp_path):
    scan = tmp_path / "scan.bin"
    scan.write_bytes(b"a scan")
    first, second = work(home, scan), work(home, scan)
    (file,) = (file.cid for file in first.files)
    served = ServedBlocks(home)
    withdraw(home, Withdrawal((str(first.id),), reason="mistake"))
    assert served.get(file) == b"a scan"
    withdraw(home, Withdrawal((str(second.id),), reason="mistake"))
    with pytest.raises(Withdrawn):
        served.get(file)
    work(home, scan)
    assert served.get(file) == b"a scan"


def test_new_roots_wait_for_the_next_pass_and_are_withheld_meanwhile(home, tmp_path, monkeypatch):
    now, passes = 0.0, []
    withheld = WithheldFiles(home, clock=lambda: now)
    references = serving.file_references

    def counted(of, after):
        passes.append(after)
        return references(of, after)

    monkeypatch.setattr(serving, "file_references", counted)
    roots = []
    for n in range(3):
        scan = tmp_path / f"{n}.bin"
        scan.write_bytes(bytes([n]) * 10)
        first, _ = work(home, scan), work(home, scan)
        withdraw(home, Withdrawal((str(first.id),), reason="mistake"))
        roots.append(first.files[0].cid)
        assert (roots[n] in withheld) is (n > 0)
    assert passes.count(0) == 1
    now = 11.0
    assert not any(root in withheld for root in roots)
    assert passes.count(0) == 2
    for _ in range(3):
        work(home)
        assert roots[0] not in withheld
    assert passes.count(0) == 2


def test_what_somebody_elses_withdrawal_brings_is_withheld_too(home, tmp_path):
    begin(tmp_path / "other", name="Grace", recovery_file=tmp_path / "recovery-2")
    scan = tmp_path / "scan.bin"
    scan.write_bytes(b"a scan")
    with Home.open(tmp_path / "other") as other:
        withdraw(other, Withdrawal((str(work(other, scan).id),), reason="mistake"))
        reader = other.store.reader()
        records = [Incoming(each.block.data, reader.body(each.id)) for each in reader.records()]
    file, withheld = add(home), WithheldFiles(home)
    assert file not in withheld
    for record in records[:-1]:
        list(home.admission.admit_many([record], source="test"))
        assert file not in withheld
    list(home.admission.admit_many(records[-1:], source="test"))
    assert file in withheld


def test_a_file_that_no_work_names_is_given(home):
    file = add(home)
    withdraw(home, Withdrawal((str(work(home).id),), reason="mistake"))
    assert file not in WithheldFiles(home)
    assert ServedBlocks(home).get(file) == b"a scan"


def test_what_is_not_here_is_not_found_and_makes_no_store(home):
    served = ServedBlocks(home)
    for codec in (RAW, DAG_CBOR):
        cid = cid_of(b"elsewhere", codec)
        with pytest.raises(NotFound, match="is not here"):
            served.get(cid)
        assert not served.has(cid)
    assert not home.layout.content.exists()
