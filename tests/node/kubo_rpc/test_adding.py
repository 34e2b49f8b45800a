"""Files and folders come in by ``add``, get the CIDs that Kubo gives, and are kept."""

from __future__ import annotations

import asyncio
import errno
import os

import aiohttp
import pytest

from knowchain.content.cids import parse_cid
from knowchain.content.reading import read_file
from knowchain.home.content import collect_content, pinned_content
from knowchain.identifiers import cid_of
from knowchain.storage.blocks import appender
from knowchain_node.api import streaming
from knowchain_node.kubo_rpc import uploads

TEXT = b"Mary had a little lamb"
OLD = "QmZfF6C9j4VtoCsTp4KSrhYH47QMd3DNXVZBKaxJdhaPab"
EMPTY_FOLDER = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"


def pins(home):
    return {pin.name: pin.cid for pin in pinned_content(home)}


async def test_a_file_gets_the_cid_of_ipfs_add_and_is_pinned_by_its_name(rpc, home, forms):
    (row,) = await rpc.add(forms.part("a text.txt", TEXT))
    assert row == {"Name": "a text.txt", "Hash": OLD, "Size": "30"}
    assert pins(home) == {"a text.txt": parse_cid(OLD)}
    collect_content(home, dry_run=False)
    assert b"".join(read_file(home.content, parse_cid(OLD))) == TEXT


async def test_a_file_without_a_name_is_called_by_its_cid(rpc, home, forms):
    rows = await rpc.add(forms.part("", TEXT), forms.part("", b"x"), query="cid-version=1")
    assert [row["Name"] for row in rows] == [row["Hash"] for row in rows]
    assert rows[0]["Hash"] == str(cid_of(TEXT))
    assert set(pins(home)) == {row["Hash"] for row in rows}


async def test_a_tree_comes_with_a_row_for_each_entry_and_its_root_last(rpc, home, forms):
    rows = await rpc.add(
        forms.folder("tree"),
        forms.part("tree/x", b"x"),
        forms.folder("tree/empty"),
        forms.part("tree/a b/ü/y+z", b"y"),
        forms.part("other", b"o"),
    )
    names = [row["Name"] for row in rows]
    assert names == ["tree/x", "tree/a b/ü/y+z", "other", "tree/empty", "tree/a b/ü", "tree/a b", "tree"]
    assert {row["Name"]: row["Hash"] for row in rows}["tree/empty"] == EMPTY_FOLDER
    assert set(pins(home)) == {"tree", "other"}


async def test_the_order_of_the_parts_does_not_matter(rpc, forms):
    parts = [
        forms.folder("t"),
        forms.folder("t/a"),
        forms.part("t/a/1", b"1"),
        forms.part("t/2", b"2"),
        forms.part("t/a/3", b"3"),
    ]
    first = await rpc.add(*parts)
    second = await rpc.add(*reversed(parts))
    assert first[-1] == second[-1]


async def test_files_are_wrapped_in_a_folder_which_alone_is_pinned(rpc, home, forms):
    rows = await rpc.add(
        forms.part("x", b"x"), forms.part("", TEXT), query="wrap-with-directory=true&pin-name=mine"
    )
    assert [row["Name"] for row in rows] == ["x", OLD, ""]
    assert pins(home) == {"mine": parse_cid(rows[-1]["Hash"])}
    for path, data in (("x", b"x"), (OLD, TEXT)):
        assert (await rpc.call(f"cat?arg={rows[-1]['Hash']}/{path}")).body == data


@pytest.mark.parametrize("name", [".", "/", "./"])
async def test_a_folder_without_a_name_holds_everything(rpc, forms, name):
    """As ipfshttpclient sends the folder it is in."""
    rows = await rpc.add(forms.folder(name), forms.part("./x", b"x"), forms.part("/y", b"y"))
    assert [row["Name"] for row in rows] == ["x", "y", ""]


async def test_a_symlink_is_kept_as_one(rpc, forms):
    rows = await rpc.add(forms.folder("t"), forms.part("t/link", b"a/target", "application/symlink"))
    assert [row["Name"] for row in rows] == ["t/link", "t"]
    reply = await rpc.call(f"cat?arg={rows[0]['Hash']}")
    assert "symlink" in reply.message


async def test_what_is_not_pinned_goes_with_the_next_collection(rpc, home, forms):
    await rpc.add(forms.part("a", TEXT), query="pin=false")
    assert home.content.has(parse_cid(OLD))
    assert pins(home) == {}
    assert home.content.uploads() == []
    collect_content(home, dry_run=False)
    assert not home.content.has(parse_cid(OLD))


async def test_only_the_hash_is_told_and_nothing_kept(rpc, home, forms):
    (row,) = await rpc.add(forms.part("a", TEXT), query="only-hash=true")
    assert row["Hash"] == OLD
    assert not home.content.has(parse_cid(OLD))
    assert pins(home) == {}


@pytest.mark.parametrize(
    ("query", "prefix"),
    [
        ("", "Qm"),
        ("raw-leaves=true", "bafkrei"),
        ("cid-version=1", "bafkrei"),
        ("cid-version=1&raw-leaves=false", "bafybei"),
        ("cid-version=1&chunker=size-4", "bafybei"),
        ("chunker=size-4", "Qm"),
        ("chunker=size-4&cid-base=base32", "bafybei"),
        ("cid-base=base32&upgrade-cidv0-in-output=false", "Qm"),
        ("hash=sha2-256&trickle=false&nocopy=false&stream-channels=true", "Qm"),
    ],
)
async def test_the_options_say_which_cid_it_gets(rpc, forms, query, prefix):
    (row,) = await rpc.add(forms.part("a", TEXT), query=query)
    assert row["Hash"].startswith(prefix)
    assert (await rpc.call(f"cat?arg={row['Hash']}")).body == TEXT


@pytest.mark.parametrize(
    "query",
    [
        "trickle=true",
        "nocopy=true",
        "inline=true",
        "hash=blake3",
        "cid-version=2",
        "chunker=rabin",
        "chunker=size-0",
        "chunker=size-2097153",
        "to-files=/x",
        "preserve-mode=true",
        "no-such-option=1",
        "encoding=xml",
        "cid-base=base58btc",
    ],
)
async def test_an_option_that_is_not_carried_out_is_refused(rpc, home, forms, query):
    reply = await rpc.call(f"add?{query}", forms.form([forms.part("a", TEXT)]))
    assert reply.status == 500
    assert reply.json["Code"] == 0
    assert query.partition("=")[0] in reply.message
    assert pins(home) == {}


@pytest.mark.parametrize(
    "query",
    [
        "pin=maybe",
        "cid-version=x",
        "pin=true&pin=false",
        "arg=x",
        "pin-name=a&pin=false",
        "timeout=soon",
        f"pin-name={'a' * 256}",
    ],
)
async def test_a_query_that_makes_no_sense_is_the_callers_fault(rpc, forms, query):
    reply = await rpc.call(f"add?{query}", forms.form([forms.part("a", TEXT)]))
    assert reply.status == 400
    assert reply.json["Code"] == 1


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "a/..", "..", "a//b", "a\0b", "//etc/passwd", "x" * 1025, "/".join("a" * 257)],
    ids=lambda name: name[:20].encode().hex(),
)
async def test_a_path_that_leads_elsewhere_is_refused(rpc, home, forms, name):
    reply = await rpc.call("add", forms.form([forms.part("good", b"g"), forms.part(name, TEXT)]))
    assert reply.status == 500
    assert reply.message
    assert pins(home) == {}


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a/b", "a"), ("t/a/b", "t/a")], ids="+".join)
async def test_a_name_that_comes_twice_is_refused(rpc, home, forms, names):
    reply = await rpc.call("add", forms.form(forms.part(name, TEXT) for name in names))
    assert "comes twice" in reply.message
    assert pins(home) == {}


async def test_a_name_that_is_not_utf_8_is_refused(rpc, forms):
    reply = await rpc.call("add", forms.form([forms.part("a", TEXT)]).replace(b'"a"', b'"%ff"'))
    assert "not UTF-8" in reply.message


@pytest.mark.parametrize("body", [b"", b"--the-boundary--\r\n", b"junk" * 100_000])
async def test_a_request_without_a_file_is_refused(rpc, body):
    assert (await rpc.call("add", body)).status >= 400


async def test_another_type_of_content_is_no_upload(rpc):
    reply = await rpc.call("add", b"x", Content_Type="application/json")
    assert reply.status == 400


async def test_too_many_entries_are_refused(rpc, forms, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_ENTRIES", 3)
    reply = await rpc.call("add", forms.form(forms.part(f"a/{n}") for n in range(3)))
    assert "more than 3 entries" in reply.message


async def test_an_upload_beyond_the_bound_is_refused(rpc_of, home, forms):
    async with rpc_of(home, max_upload=2**16) as rpc:
        reply = await rpc.call("add", forms.form([forms.part("a", bytes(2**17))]))
        assert reply.status == 413
        assert "kubo_rpc.max_upload_bytes" in reply.message
        assert pins(home) == {}


async def test_an_upload_that_breaks_off_keeps_nothing(rpc, home, forms):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(rpc.url.rpartition(":")[2]))
    head = (
        f"POST /api/v0/add HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {rpc.token}\r\n"
        "Content-Type: multipart/form-data; boundary=the-boundary\r\nContent-Length: 1000000\r\n\r\n"
    )
    writer.write(head.encode() + forms.part("a", TEXT))
    await writer.drain()
    writer.close()
    await asyncio.wait_for(reader.read(), 10)
    assert (await rpc.call("version")).status == 200
    assert pins(home) == {}


async def test_an_upload_that_stalls_is_given_up(rpc, home, forms, monkeypatch):
    monkeypatch.setattr(streaming, "PATIENCE", 0.2)

    async def stalling():
        yield forms.part("a", TEXT)
        await asyncio.Event().wait()

    reply = await rpc.call("add", stalling())
    assert reply.status == 408
    assert "nothing came" in reply.message
    assert pins(home) == {}


async def test_two_uploads_of_the_same_at_once_are_both_kept(rpc, home, forms):
    data = bytes(range(256)) * 4_000
    both = await asyncio.gather(*(rpc.add(forms.part(name, data)) for name in ("a", "b")))
    assert both[0][0]["Hash"] == both[1][0]["Hash"]
    assert set(pins(home)) == {"a", "b"}
    assert b"".join(read_file(home.content, pins(home)["a"])) == data


async def test_progress_is_told_on_the_way(rpc, forms):
    rows = await rpc.add(forms.folder("t"), forms.part("t/big", bytes(2**20)), query="progress=true")
    told = [row for row in rows if "Bytes" in row]
    assert {row["Name"] for row in told} <= {"t/big"}
    assert [row["Name"] for row in rows if "Hash" in row] == ["t/big", "t"]


async def test_what_fails_after_progress_was_told_cuts_the_connection(rpc, forms):
    told = asyncio.Event()

    async def body():
        yield forms.part("a", b"x") + b"--the-boundary"  # with the boundary, the end of the file is seen
        await told.wait()
        yield forms.form([forms.part("../b", b"x")]).removeprefix(b"--the-boundary")

    headers = {
        "Authorization": f"Bearer {rpc.token}",
        "Content-Type": "multipart/form-data; boundary=the-boundary",
    }
    url = f"{rpc.url}/api/v0/add?progress=true"
    async with rpc.session.post(url, data=body(), headers=headers) as response:
        assert response.status == 200
        told.set()
        with pytest.raises(aiohttp.ClientError):
            await response.read()


async def test_what_fails_before_anything_was_told_is_an_error(rpc, forms):
    reply = await rpc.call("add?progress=true", forms.form([forms.part("../b", b"x")]))
    assert reply.status == 500
    assert reply.message


async def test_more_commands_than_allowed_are_told_to_wait(rpc_of, home, forms):
    async with rpc_of(home, most=1) as rpc:
        begun, end = asyncio.Event(), asyncio.Event()

        async def slow():
            yield forms.part("a", TEXT)
            begun.set()
            await end.wait()
            yield b"--the-boundary--\r\n"

        first = asyncio.create_task(rpc.call("add", slow()))
        await begun.wait()
        while (reply := await rpc.call("version")).status == 200:  # until the first has been let in
            continue
        assert reply.status == 503
        assert reply.json["Code"] == 3
        end.set()
        assert (await first).status == 200


async def test_a_command_that_takes_longer_than_it_may_ends(rpc, forms):
    async def endless():
        yield forms.part("a", TEXT)
        await asyncio.Event().wait()

    reply = await rpc.call("add?timeout=100ms", endless())
    assert reply.status == 500
    assert "context deadline exceeded" in reply.message


async def test_a_full_disk_is_said_plainly_and_nothing_is_kept(rpc, home, forms, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(appender, "write_at", full)
        reply = await rpc.call("add", forms.form([forms.part("a", TEXT)]))
    assert reply.status == 500
    assert "free space on the disk" in reply.message
    assert pins(home) == {}
    assert (await rpc.add(forms.part("a", TEXT)))[0]["Hash"] == OLD
