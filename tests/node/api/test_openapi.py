"""The OpenAPI document says what is true: every endpoint is in it, is called here, and answers as it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowchain.identifiers import Cid, cid_of
from knowchain_node.api.app import ENDPOINTS, make_app
from knowchain_node.api.openapi import document
from knowchain_node.verbs import VERBS, shape_of
from knowchain_node.wire import Schemas

BYTES = {"Content-Type": "application/octet-stream"}
FRIEND = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
ADDRESS = f"/ip4/127.0.0.1/tcp/4001/p2p/{FRIEND}"


async def calls(api) -> dict[tuple[str, str], dict]:
    """One good call of every endpoint but the endless one: path and more, by (method, template)."""
    rid = await api.write()
    cid = (await api.call("POST", "/api/v1/content", data=b"abc", headers=BYTES)).json["cid"]
    block = (await api.get(f"/api/v1/records/{rid}/block")).body
    body = (await api.get(f"/api/v1/records/{rid}/body")).body
    identity = str(api.home.identity)
    await api.post("/api/v1/peers", {"address": ADDRESS})
    await api.put("/api/v1/petnames/Me", {"identity": identity})
    elsewhere = str(cid_of(b"what others have"))
    api.service.peer.found.add(Cid.parse(elsewhere))
    cbor = {"Content-Type": "application/vnd.ipld.dag-cbor"}
    car = (await api.get("/api/v1/export?all=true")).body
    return {
        ("GET", "/api/v1/health"): {},
        ("GET", "/api/v1/ready"): {},
        ("GET", "/api/v1/status"): {},
        ("GET", "/api/v1/stats"): {},
        ("GET", "/metrics"): {},
        ("GET", "/api/v1/openapi.json"): {},
        ("GET", "/api/v1/records"): {},
        ("POST", "/api/v1/records"): {"json": {"block": block.hex(), "body": body.hex()}},
        ("GET", "/api/v1/records/{id}"): {"id": rid},
        ("GET", "/api/v1/records/{id}/block"): {"id": rid},
        ("GET", "/api/v1/records/{id}/body"): {"id": rid},
        ("PUT", "/api/v1/records/{id}/body"): {"id": rid, "data": body, "headers": cbor},
        ("GET", "/api/v1/records/{id}/pointers"): {"id": rid},
        ("GET", "/api/v1/records/{id}/verify"): {"id": rid},
        ("GET", "/api/v1/heads"): {},
        ("POST", "/api/v1/author"): {"json": {"kind": "profile", "fields": {"name": "Ada"}}},
        ("GET", "/api/v1/identities"): {},
        ("GET", "/api/v1/identities/{who}"): {"who": identity},
        ("GET", "/api/v1/petnames"): {},
        ("PUT", "/api/v1/petnames/{name}"): {"name": "Me", "json": {"identity": identity}},
        ("DELETE", "/api/v1/petnames/{name}"): {"name": "Me"},
        ("GET", "/api/v1/keys"): {},
        ("GET", "/api/v1/follows"): {},
        ("POST", "/api/v1/follows"): {"json": {"people": [identity]}},
        ("POST", "/api/v1/follows/remove"): {"json": {"people": [identity]}},
        ("POST", "/api/v1/content"): {"data": b"abc", "headers": BYTES},
        ("POST", "/api/v1/content/fetch"): {"json": {"cid": elsewhere, "peers": [ADDRESS]}},
        ("GET", "/api/v1/content/{cid}"): {"cid": cid},
        ("GET", "/api/v1/content/{cid}/stat"): {"cid": cid},
        ("GET", "/api/v1/export"): {"query": "all=true"},
        ("POST", "/api/v1/import"): {"data": car, "headers": {"Content-Type": "application/vnd.ipld.car"}},
        ("GET", "/api/v1/peers"): {},
        ("POST", "/api/v1/peers"): {"json": {"address": ADDRESS}},
        ("PUT", "/api/v1/peers/{peer}/ban"): {"peer": FRIEND, "json": {}},
        ("DELETE", "/api/v1/peers/{peer}/ban"): {"peer": FRIEND},
        ("POST", "/api/v1/sync"): {"json": {}},
        ("POST", "/api/v1/verbs/{verb}"): {"verb": "statistics", "json": {}},
    }


async def test_every_endpoint_answers_as_it_is_described(api):
    known = {(endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS}
    samples = await calls(api)
    assert set(known) - set(samples) == {("GET", "/api/v1/events")}
    for (method, template), more in samples.items():
        path, query = template, more.pop("query", "")
        for name in [name for name in more if "{" + name + "}" in template]:
            path = path.replace("{" + name + "}", more.pop(name))
        reply = await api.call(method, f"{path}?{query}" if query else path, **more)
        assert reply.status in known[method, template].statuses, (method, template, reply.body)


async def test_the_document_is_served_and_is_the_one_that_the_tests_use(api):
    reply = await api.get("/api/v1/openapi.json")
    assert reply.json == json.loads(json.dumps(document(ENDPOINTS)))
    assert reply.json["openapi"].startswith("3.1")


async def test_nothing_is_routed_that_is_not_described(api):
    described = {
        (method.upper(), path) for path, each in document(ENDPOINTS)["paths"].items() for method in each
    }
    app = make_app(api.service)
    routed = {(route.method, route.resource.canonical) for route in app.router.routes()}
    assert {each for each in routed if each[0] != "HEAD"} == described


def test_every_change_asks_for_the_token_in_the_document():
    found = document(ENDPOINTS)
    for endpoint in ENDPOINTS:
        security = found["paths"][endpoint.path][endpoint.method.lower()]["security"]
        assert (security == [{"token": []}]) == endpoint.changes
        assert (security == []) == endpoint.open_to_all


def test_operations_have_names_of_their_own_and_all_references_lead_somewhere():
    found = document(ENDPOINTS)
    operations = [operation["operationId"] for each in found["paths"].values() for operation in each.values()]
    assert len(operations) == len(set(operations))
    text = json.dumps(found)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= set(found["components"]["schemas"])


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_types_that_cross_the_wire(verb):
    shape = shape_of(verb)
    schemas = Schemas()
    if VERBS[verb].carries != "stream":
        schemas.of(shape.answer)
    for hint in shape.arguments.values():
        schemas.of(hint)
    if VERBS[verb].path:
        assert VERBS[verb].path[0] in shape.arguments


def test_the_specification_lists_every_endpoint_and_every_verb():
    page = (Path(__file__).parents[3] / "docs" / "spec" / "api.md").read_text()
    for endpoint in ENDPOINTS:
        token = "always" if endpoint.changes else "never" if endpoint.open_to_all else "beyond loopback"
        assert f"| {endpoint.method} | `{endpoint.path}` | {token} |" in page
    for verb in VERBS:
        assert f"`{verb}`" in page
