"""Records over HTTP: listed by pages, shown, carried as bytes, admitted."""

from __future__ import annotations

from pathlib import Path

from knowchain.home import Home, begin


async def test_a_record_that_is_signed_over_http_is_shown_with_its_author(api):
    rid = await api.write(name="Ada Lovelace")
    shown = (await api.get(f"/api/v1/records/{rid}")).json
    assert shown["kind"] == "profile"
    assert shown["body"]["name"] == "Ada Lovelace"
    assert shown["author_name"] == "“Ada Lovelace”"


async def test_pages_give_every_record_once(api):
    written = [await api.write() for _ in range(5)]
    seen, after = [], 0
    while after is not None:
        page = (await api.get(f"/api/v1/records?limit=2&kind=profile&after={after}")).json
        assert len(page["records"]) <= 2
        seen += [record["id"] for record in page["records"]]
        after = page.get("next")
    assert seen[-5:] == written
    assert len(seen) == len(set(seen)) == 6


async def test_the_newest_come_first_on_demand(api):
    last = [await api.write() for _ in range(3)][-1]
    page = (await api.get("/api/v1/records?order=newest&limit=1")).json
    assert page["records"][0]["id"] == last
    older = (await api.get(f"/api/v1/records?order=newest&after={page['next']}")).json
    assert all(record["arrival"] < page["records"][0]["arrival"] for record in older["records"])


async def test_records_are_found_by_author(api):
    own = str(api.home.identity)
    assert len((await api.get(f"/api/v1/records?author={own}")).json["records"]) >= 1
    assert (await api.get("/api/v1/records?author=Nobody")).status == 404


async def test_what_was_signed_elsewhere_is_admitted_once(api, tmp_path: Path):
    begin(tmp_path / "other", name="Bo", recovery_file=tmp_path / "bo.txt")
    with Home.open(tmp_path / "other") as other:
        reader = other.store.reader()
        sent = [
            {"block": reader.block(r.id).hex(), "body": (reader.body(r.id) or b"").hex() or None}
            for r in reader.records()
        ]
    child_first = await api.post("/api/v1/records", sent[1])
    assert (child_first.status, child_first.json["verdict"]) == (202, "parked")
    assert len(child_first.json["missing"]) == 1
    first = await api.post("/api/v1/records", sent[0])
    assert (first.status, first.json["verdict"]) == (201, "accepted")
    again = await api.post("/api/v1/records", sent[1])
    assert (again.status, again.json["verdict"]) == (200, "duplicate")
    people = (await api.get("/api/v1/identities")).json["identities"]
    assert {person["display_name"] for person in people} == {"Ada", "Bo"}


async def test_a_forged_record_is_rejected_with_its_reason(api):
    rid = await api.write()
    block = bytearray((await api.get(f"/api/v1/records/{rid}/block")).body)
    block[-1] ^= 1
    reply = await api.post("/api/v1/records", {"block": bytes(block).hex()})
    assert reply.status == 422
    assert reply.error["code"] == "invalid-record"
    assert reply.error["reason"] == "signature"
    assert (await api.post("/api/v1/records", {"block": "00"})).error["reason"] == "malformed"


async def test_block_and_body_come_as_they_were_signed_and_cannot_be_run(api):
    rid = await api.write()
    reply = await api.get(f"/api/v1/records/{rid}/block")
    assert reply.body == api.home.store.reader().block(await _rid(api, rid))
    assert reply.headers["Content-Disposition"] == "attachment"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert (await api.get(f"/api/v1/records/{rid}/body")).status == 200
    identity = str(api.home.identity)
    assert (await api.get(f"/api/v1/records/{identity}/body")).status == 404


async def _rid(api, text):
    from knowchain.identifiers import parse_record_id

    return parse_record_id(text)


async def test_a_body_that_comes_later_is_taken_if_it_is_the_one(api, tmp_path: Path):
    begin(tmp_path / "other", name="Bo", recovery_file=tmp_path / "bo.txt")
    with Home.open(tmp_path / "other") as other:
        reader = other.store.reader()
        records = [(str(r.id), reader.block(r.id), reader.body(r.id)) for r in reader.records()]
    for _, block, _ in records:
        await api.post("/api/v1/records", {"block": block.hex()})
    rid, _, body = records[-1]
    headers = {"Content-Type": "application/vnd.ipld.dag-cbor"}
    wrong = await api.call("PUT", f"/api/v1/records/{rid}/body", data=b"\xa0", headers=headers)
    assert wrong.json["body"] == "discarded"
    right = await api.call("PUT", f"/api/v1/records/{rid}/body", data=body, headers=headers)
    assert right.json["body"] == "held"
    assert (await api.get(f"/api/v1/records/{rid}/body")).body == body


async def test_a_record_is_checked_again_from_its_bytes(api):
    rid = await api.write()
    found = (await api.get(f"/api/v1/records/{rid}/verify")).json
    assert found["ok"]
    assert {check["what"] for check in found["checks"]} == {"lineage", "body"}


async def test_heads_are_given_in_pages_and_pointers_by_relation(api):
    rid = await api.write()
    heads = (await api.get("/api/v1/heads?limit=1")).json
    assert heads["heads"] == [rid]
    assert (await api.get(f"/api/v1/heads?after={rid}")).json["heads"] == []
    assert (await api.get(f"/api/v1/records/{rid}/pointers?relation=kc:retracts")).json["pointers"] == []


async def test_words_that_break_the_rules_come_back_with_every_problem(api):
    reply = await api.post("/api/v1/author", {"kind": "work", "fields": {"access": "perhaps"}})
    assert reply.status == 422
    assert reply.error["code"] == "invalid-body"
    assert len(reply.error["problems"]) > 1
    assert all(problem["field"] and problem["remedy"] for problem in reply.error["problems"])
    assert (await api.post("/api/v1/author", {"kind": "nonsense", "fields": {}})).status in (400, 422)
