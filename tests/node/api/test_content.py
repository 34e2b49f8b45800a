"""Files over HTTP: sent as a stream, fetched by range, and never dangerous to the page that shows them."""

from __future__ import annotations

import hashlib
import os

import aiohttp
import pytest

from knowchain.identifiers import cid_of

BYTES = {"Content-Type": "application/octet-stream"}
DATA = os.urandom(2_500_000)


@pytest.fixture
async def sent(api):
    reply = await api.call("POST", "/api/v1/content", data=DATA, headers=BYTES)
    assert reply.status == 201
    return reply.json


async def test_a_file_comes_back_as_it_was_sent(api, sent):
    assert sent["bytes"] == len(DATA)
    assert sent["sha256"] == hashlib.sha256(DATA).hexdigest()
    reply = await api.get(f"/api/v1/content/{sent['cid']}")
    assert reply.body == DATA
    assert int(reply.headers["Content-Length"]) == len(DATA)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-99", 0, 99), ("1048570-1048585", 1048570, 1048585), ("2499990-", 2499990, 2499999),
     ("-5", 2499995, 2499999), ("0-9999999", 0, 2499999), ("-9999999", 0, 2499999)],
)  # fmt: skip
async def test_a_range_gives_just_its_bytes(api, sent, asked, first, last):
    reply = await api.get(f"/api/v1/content/{sent['cid']}", headers={"Range": f"bytes={asked}"})
    assert reply.status == 206
    assert reply.body == DATA[first : last + 1]
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=2500000-", "bytes=5-4", "bytes=-", "bytes=0-1,5-6", "lines=0-1", "bytes=-0"]
)
async def test_a_range_that_is_not_there_is_refused(api, sent, asked):
    reply = await api.get(f"/api/v1/content/{sent['cid']}", headers={"Range": asked})
    assert (reply.status, reply.error["code"]) == (416, "no-such-range")


async def test_a_range_of_another_version_gives_the_whole(api, sent):
    headers = {"Range": "bytes=0-9", "If-Range": '"something-else"'}
    assert (await api.get(f"/api/v1/content/{sent['cid']}", headers=headers)).status == 200


async def test_what_is_known_already_is_not_sent_again(api, sent):
    reply = await api.get(f"/api/v1/content/{sent['cid']}", headers={"If-None-Match": f'"{sent["cid"]}"'})
    assert (reply.status, reply.body) == (304, b"")


async def test_head_tells_the_size_and_sends_nothing(api, sent):
    reply = await api.call("HEAD", f"/api/v1/content/{sent['cid']}")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["Content-Length"]) == len(DATA)


async def test_a_web_page_that_was_sent_is_a_download_that_runs_nowhere(api):
    page = b"<html><script>fetch('/api/v1/petnames')</script>"
    cid = (await api.call("POST", "/api/v1/content", data=page, headers=BYTES)).json["cid"]
    headers = (await api.get(f"/api/v1/content/{cid}?name=page.html")).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''page.html"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


async def test_a_name_breaks_out_of_no_header(api, sent):
    reply = await api.get(f"/api/v1/content/{sent['cid']}?name=a%22%0d%0aSet-Cookie:x=%C3%A9")
    assert "Set-Cookie" not in reply.headers
    assert reply.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''a%22%0D%0ASet")


async def test_an_upload_has_a_bound_whether_it_says_its_size_or_not(home, serving):
    async def endless():
        while True:
            yield b"x" * 2**16

    async with serving(home, max_upload=2**20) as api:
        announced = await api.call("POST", "/api/v1/content", data=b"x" * (2**20 + 1), headers=BYTES)
        assert (announced.status, announced.error["code"]) == (413, "too-large")
        try:
            silent = await api.call("POST", "/api/v1/content", data=endless(), headers=BYTES)
            assert silent.status == 413
        except aiohttp.ClientError:
            pass  # the connection is closed under whoever goes on sending


async def test_what_stands_at_a_cid_is_described(api, sent):
    found = (await api.get(f"/api/v1/content/{sent['cid']}/stat")).json
    assert found["kind"] == "file"
    assert found["bytes"] == len(DATA)
    assert (
        await api.get("/api/v1/content/bafkreigaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/stat")
    ).status in (400, 404)


async def test_an_upload_that_breaks_off_leaves_the_peer_well(api):
    async def broken():
        yield b"x" * 1000
        raise OSError("cut")

    with pytest.raises(OSError):
        await api.call("POST", "/api/v1/content", data=broken(), headers=BYTES)
    assert (await api.get("/api/v1/health")).status == 200


# --- from peers --------------------------------------------------------------------------------------


async def test_what_a_peer_has_is_fetched_under_the_name_that_is_asked_for(api):
    wanted = cid_of(b"what others have")
    api.service.peer.found.add(wanted)
    reply = await api.post("/api/v1/content/fetch", {"cid": str(wanted), "name": "a letter"})
    assert reply.status == 200
    assert (reply.json["cid"], reply.json["name"]) == (str(wanted), "a letter")


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"cid": str(cid_of(b"nobody has this"))}, 404, "not-found"),
        ({"cid": "junk"}, 400, "invalid-value"),
        ({"cid": str(cid_of(b"")), "peers": ["/ip4/127.0.0.1/tcp/1"]}, 400, "invalid-value"),
        ({"cid": str(cid_of(b"")), "routers": ["ftp://example.org"]}, 400, "invalid-value"),
    ],
    ids=["not there", "no CID", "no peer", "no router"],
)
async def test_what_can_not_be_fetched_is_told(api, wish, status, code):
    reply = await api.post("/api/v1/content/fetch", wish)
    assert (reply.status, reply.error["code"]) == (status, code)
