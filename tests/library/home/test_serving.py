"""What is given to others by CID, and what is not: the withdrawn."""

from __future__ import annotations

import io

import pytest

from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.errors import NotFound, Withdrawn
from knowchain.home import Home, begin
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
