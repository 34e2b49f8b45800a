"""Who may call: a program with the token; never a web page of somebody else's, whatever it tries."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from knowchain_node.api.app import ENDPOINTS

CHANGES = [(one.method, one.path) for one in ENDPOINTS if one.changes]
READS = [one.path for one in ENDPOINTS if not one.changes]
VICTIM = {"kind": "profile", "fields": {"name": "Mallory"}}


def filled(path: str) -> str:
    return path.replace("{id}", "bafyrei").replace("{", "").replace("}", "")


def host_of(api) -> str:
    return urlsplit(api.url).netloc


async def count(api) -> int:
    return len((await api.get("/api/v1/records")).json["records"])


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_every_change_needs_the_token_on_loopback_too(api, method, path):
    reply = await api.call(method, filled(path), token=False, json={})
    assert reply.status == 401
    assert reply.error["code"] == "token-needed"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "given", ["Bearer wrong", "Bearer", "Basic {token}", "{token}", "Bearer {token}x", "Bearer é"]
)
async def test_a_wrong_token_is_no_token(api, given):
    headers = {"Authorization": given.format(token=api.token)}
    reply = await api.call("POST", "/api/v1/author", token=False, headers=headers, json=VICTIM)
    assert reply.status == 401
    assert api.token not in reply.body.decode()


async def test_methods_that_nobody_offers_change_nothing_without_the_token(api):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        reply = await api.call(method, "/api/v1/health", token=False)
        assert reply.status == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "[::1",
        "a:b:c",
    ],
)
async def test_a_name_that_was_rebound_to_this_machine_reads_nothing(api, host):
    for path in ("/api/v1/records", "/api/v1/health", "/metrics", "/api/v1/petnames"):
        reply = await api.call("GET", path, token=False, headers={"Host": host})
        assert reply.status == 421
        assert reply.error["code"] == "wrong-host"


async def test_the_rebound_name_changes_nothing_even_with_the_token(api):
    before = await count(api)
    reply = await api.post("/api/v1/author", VICTIM, headers={"Host": "evil.example"})
    assert reply.status == 421
    assert await count(api) == before


async def test_the_names_of_this_machine_are_fine(api):
    port = host_of(api).rpartition(":")[2]
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"127.0.0.1:{port}", "localhost.", "127.0.0.1"):
        assert (await api.call("GET", "/api/v1/health", token=False, headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "http://localhost.evil"]
)
async def test_another_sites_page_may_not_even_read(api, origin):
    for method, path in (("GET", "/api/v1/records"), ("POST", "/api/v1/author")):
        reply = await api.call(
            method, path, headers={"Origin": origin}, **({} if method == "GET" else {"json": VICTIM})
        )
        assert reply.status == 403
        assert reply.error["code"] == "cross-origin"
        assert "Access-Control-Allow-Origin" not in reply.headers


async def test_the_browsers_own_word_counts_where_no_origin_is_sent(api):
    for site in ("cross-site", "same-site"):
        assert (await api.get("/api/v1/records", headers={"Sec-Fetch-Site": site})).status == 403
    for site in ("same-origin", "none"):
        assert (await api.get("/api/v1/records", headers={"Sec-Fetch-Site": site})).status == 200


async def test_the_peers_own_origin_is_fine(api):
    assert (await api.get("/api/v1/records", headers={"Origin": api.url})).status == 200


async def test_a_form_on_a_web_page_publishes_nothing(api):
    """What a form can send without a preflight: three content types, no headers of its own."""
    before = await count(api)
    for content_type in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
    ):
        for headers in ({"Origin": "https://evil.example"}, {}):
            reply = await api.call(
                "POST",
                "/api/v1/author",
                token=False,
                headers={"Content-Type": content_type, **headers},
                data=b'{"kind": "profile", "fields": {"name": "Mallory", "=": ""}}',
            )
            assert reply.status in (401, 403)
    assert await count(api) == before


async def test_even_with_the_token_a_form_is_not_read(api):
    reply = await api.call("POST", "/api/v1/author", headers={"Content-Type": "text/plain"}, data=b"{}")
    assert reply.status == 415


async def test_a_preflight_is_never_granted(api):
    headers = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    reply = await api.call("OPTIONS", "/api/v1/author", token=False, headers=headers)
    assert reply.status == 403
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


async def test_what_is_served_is_framed_sniffed_and_kept_nowhere(api):
    for path in ("/api/v1/records", "/nothing-here", "/metrics"):
        headers = (await api.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Server"] == "knowchain"


async def test_reading_needs_no_token_on_loopback_unless_the_operator_wants_it(home, serving):
    async with serving(home) as api:
        assert (await api.get("/api/v1/records", token=False)).status == 200
    async with serving(home, token_for_reads=True) as api:
        for path in READS:
            expected = 200 if path in ("/api/v1/health", "/api/v1/ready") else 401
            if path != "/api/v1/ready":
                assert (await api.get(filled(path), token=False)).status == expected
        assert (await api.get("/api/v1/records")).status == 200


async def test_beyond_loopback_reading_needs_the_token(home, serving):
    async with serving(home, host="0.0.0.0", names=("peer.example.org",)) as api:
        port = urlsplit(api.url).port
        assert (await api.get("/api/v1/records", token=False)).status == 401
        assert (await api.get("/api/v1/records")).status == 200
        assert (await api.get("/api/v1/health", token=False)).status == 200
        for host, status in (
            (f"peer.example.org:{port}", 200),
            ("Peer.Example.org", 200),
            ("localhost", 421),
        ):
            assert (await api.get("/api/v1/records", headers={"Host": host})).status == status


async def test_two_hosts_are_none(api):
    import asyncio

    address = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        f"GET /api/v1/records HTTP/1.1\r\nHost: {address.netloc}\r\nHost: evil.example\r\n\r\n".encode()
    )
    status = await reader.readline()
    writer.close()
    assert b" 400 " in status or b" 421 " in status
