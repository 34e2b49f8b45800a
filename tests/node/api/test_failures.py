"""Every failure has one shape, names a remedy, and tells nothing that it should not."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from knowchain import errors
from knowchain_node.api.failures import failure_of, status_of


async def raw(api, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are; status, headers and body of the answer."""
    address = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(data)
    await writer.drain()
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    writer.close()
    return int(head[0].split()[1]), headers, body


def is_shaped(body: bytes) -> dict:
    document = json.loads(body)
    assert set(document) == {"error"}
    assert document["error"]["code"]
    assert document["error"]["message"]
    assert isinstance(document["error"]["remedy"], str)
    return document["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("GET", "/api/v1/records/bafyreiaaaaaaaa", 404, "not-found"),
        ("GET", "/api/v1/records/Nobody", 404, "not-found"),
        ("GET", "/api/v1/records/Nobody/block", 400, "invalid-value"),
        ("PATCH", "/api/v1/records", 405, "method-not-allowed"),
        ("DELETE", "/api/v1/health", 405, "method-not-allowed"),
        ("GET", "/api/v1/records?limit=0", 400, "invalid-value"),
        ("GET", "/api/v1/records?limit=many", 400, "invalid-value"),
        ("GET", "/api/v1/records?order=best", 400, "invalid-value"),
        ("GET", "/api/v1/records?colour=red", 400, "invalid-value"),
        ("GET", "/api/v1/records?after=-1", 400, "invalid-value"),
        ("POST", "/api/v1/verbs/rebuild", 404, "not-found"),
        ("GET", "/api/v1/content/nonsense", 400, "invalid-value"),
    ],
)
async def test_refusals_of_all_layers_look_alike(api, method, path, status, code):
    reply = await api.call(method, path, **({"json": {}} if method == "POST" else {}))
    assert reply.status == status
    assert is_shaped(reply.body)["code"] == code
    if status == 405:
        assert "GET" in reply.headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"kind": NaN, "fields": {}}',
        b'{"kind": "a", "kind": "b", "fields": {}}',
        b'{"kind": 1, "fields": {}}',
        b'{"kind": "profile"}',
        b'{"kind": "profile", "fields": {}, "more": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
async def test_bad_json_names_the_field_and_what_to_do(api, body):
    reply = await api.call("POST", "/api/v1/author", data=body, headers={"Content-Type": "application/json"})
    assert reply.status == 400
    error = is_shaped(reply.body)
    assert error["code"] == "invalid-value"
    assert error["field"]
    assert error["remedy"]


async def test_too_large_a_body_is_refused_before_it_is_read(api):
    headers = {"Content-Type": "application/json"}
    reply = await api.call("POST", "/api/v1/author", data=b" " * (5 * 2**20), headers=headers)
    assert reply.status == 413
    assert is_shaped(reply.body)["code"] == "too-large"


async def test_what_is_no_http_is_answered_in_the_same_shape(api):
    for garbage in (b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n"):
        status, headers, body = await raw(api, garbage)
        assert status in (400, 421)
        assert headers["content-type"].startswith("application/json")
        is_shaped(body)


async def test_too_long_a_head_is_refused(api):
    head = b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for more in (b"X: " + b"a" * 10_000, b"\r\n".join(b"X%d: a" % n for n in range(200))):
        status, _, body = await raw(api, head + more + b"\r\n\r\n")
        assert status in (400, 431)
        is_shaped(body)


async def test_a_failure_inside_says_nothing_of_itself(api, monkeypatch, caplog):
    def broken():
        raise RuntimeError("secret-of-the-inside")

    monkeypatch.setattr(api.home.store, "reader", broken)
    reply = await api.get("/api/v1/health")
    assert reply.status == 500
    assert is_shaped(reply.body)["code"] == "internal"
    assert "secret-of-the-inside" not in reply.body.decode()
    assert "secret-of-the-inside" in caplog.text


async def test_an_answer_that_fails_on_its_way_is_cut_not_completed(api, monkeypatch):
    """A file whose second block is damaged: whoever fetches it must see that it is not whole."""
    import aiohttp

    from knowchain_node.api import content

    sent = await api.call(
        "POST", "/api/v1/content", data=b"x" * 1000, headers={"Content-Type": "application/octet-stream"}
    )

    def pieces(*_args):
        yield b"x" * 500
        raise errors.Corruption("the disk is damaged")

    monkeypatch.setattr(content, "read_file", pieces)
    with pytest.raises(aiohttp.ClientError):
        await api.get(f"/api/v1/content/{sent.json['cid']}")


def every_error() -> list[errors.KnowchainError]:
    value = errors.InvalidValue("{field} is bad", field="x", value=1, remedy="fix {field}")
    return [
        value,
        errors.InvalidBody("work", [value]),
        errors.NotFound("no"),
        errors.NotAllowed("no"),
        errors.HomeError("no"),
        errors.CodecError("no"),
        errors.InvalidRecord("chain", "no"),
        errors.ContentError("no"),
        errors.SyncError("stalled", "no"),
        errors.StorageFault("no"),
        errors.Corruption("no"),
        errors.SystemFault("no"),
    ]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.code)
def test_every_error_of_the_tree_has_a_status_and_the_shape(error):
    status = status_of(error)
    ours = isinstance(error, errors.SystemFault | errors.SyncError)
    assert (status >= 500) == ours
    is_shaped(json.dumps({"error": failure_of(error)}).encode())


async def test_where_the_home_is_is_for_its_owner_alone(api, monkeypatch):
    root = str(api.home.layout.root)

    def broken(*_args):
        raise errors.StorageFault("{path} can't be read", path=api.home.layout.root / "store.sqlite")

    monkeypatch.setattr(api.home.store, "snapshot", broken)
    stranger = await api.get("/api/v1/records", token=False)
    assert stranger.status == 507
    assert root not in stranger.body.decode()
    assert "<home>/store.sqlite" in stranger.error["message"]
    assert root in (await api.get("/api/v1/records")).error["message"]
