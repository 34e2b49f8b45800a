"""What operators ask: is it alive, is it ready, what does it do; and other peers."""

from __future__ import annotations

import asyncio

from prometheus_client.parser import text_string_to_metric_families

FRIEND = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
ADDRESS = f"/ip4/127.0.0.1/tcp/4001/p2p/{FRIEND}"


async def test_the_peer_is_alive_and_ready(api):
    assert (await api.get("/api/v1/health")).json == {"status": "ok"}
    assert (await api.get("/api/v1/ready")).json == {"ready": True, "network": "up"}


async def test_it_stays_ready_while_the_networks_process_starts_again(api):
    api.service.peer.network.is_up = False
    reply = await api.get("/api/v1/ready")
    assert (reply.status, reply.json) == (200, {"ready": True, "network": "down"})


async def test_before_the_network_part_runs_the_peer_is_alive_but_not_ready(home, serving):
    async with serving(home) as api:
        assert (await api.get("/api/v1/health")).status == 200
        reply = await api.get("/api/v1/ready")
        assert (reply.status, reply.json) == (503, {"ready": False, "network": "starting"})
        refused = await api.get("/api/v1/peers")
        assert (refused.status, refused.error["code"]) == (503, "no-network")
        assert (await api.get("/api/v1/status")).json["connected"] == 0


async def test_a_peer_that_is_to_meet_nobody_is_ready(home, serving):
    async with serving(home, networked=False) as api:
        assert (await api.get("/api/v1/ready")).json == {"ready": True, "network": "off"}
        assert "network.enabled" in (await api.get("/api/v1/peers")).error["message"]


async def test_a_peer_is_met_listed_banned_and_let_in_again(api):
    assert (await api.get("/api/v1/peers")).json["peers"] == []
    assert (await api.post("/api/v1/peers", {"address": ADDRESS})).json == {"peer": FRIEND}
    line = (await api.get("/api/v1/peers")).json["peers"][0]
    assert (line["id"], line["connected"], line["addresses"]) == (FRIEND, True, [ADDRESS])

    assert (await api.put(f"/api/v1/peers/{FRIEND}/ban", {"seconds": 60})).status == 200
    line = (await api.get("/api/v1/peers")).json["peers"][0]
    assert not line["connected"]
    assert line["banned_until"] > line["last_seen"]
    assert (await api.post("/api/v1/peers", {"address": ADDRESS})).status == 502

    assert (await api.delete(f"/api/v1/peers/{FRIEND}/ban")).status == 200
    assert "banned_until" not in (await api.get("/api/v1/peers")).json["peers"][0]
    assert (await api.post("/api/v1/peers", {"address": ADDRESS})).status == 200


async def test_senseless_peers_and_bans_are_refused(api):
    assert (await api.post("/api/v1/peers", {"address": "somewhere"})).status == 400
    assert (await api.put("/api/v1/peers/..%2Fx/ban", {})).status in (400, 404)
    assert (await api.put(f"/api/v1/peers/{FRIEND}/ban", {"seconds": -1})).status == 400


async def test_sync_on_demand_tells_what_it_did(api):
    assert (await api.post("/api/v1/sync", {})).json["sessions"] == []
    assert (await api.post("/api/v1/sync", {"peer": FRIEND})).status == 404
    await api.post("/api/v1/peers", {"address": ADDRESS})
    session = (await api.post("/api/v1/sync", {"peer": FRIEND})).json["sessions"][0]
    assert (session["peer"], session["ended"]) == (FRIEND, "done")
    assert session["counters"]["rounds"] == 1


async def figures(api) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families((await api.get("/metrics")).body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.values()))] = sample.value
    return found


async def test_prometheus_reads_figures_of_every_part(api):
    await api.write()
    await api.get("/nothing-here")
    await api.post("/api/v1/records", {"block": "00"})
    await api.call(
        "POST", "/api/v1/content", data=b"abc", headers={"Content-Type": "application/octet-stream"}
    )
    found = await figures(api)
    assert found["knowchain_records"][("profile",)] == 2
    assert found["knowchain_bodies_missing"][()] == 0
    assert found["knowchain_content_blocks"][("packs",)] == 1
    assert found["knowchain_admission_verdicts_total"][("accepted", "none")] >= 1
    assert found["knowchain_admission_verdicts_total"][("malformed", "rejected")] == 1
    assert found["knowchain_api_seconds_count"][("/api/v1/author", "2xx", "POST")] == 1
    assert found["knowchain_api_seconds_count"][("4xx", "GET", "elsewhere")] == 1
    for name in (
        "knowchain_parked_records",
        "knowchain_outbox_records",
        "knowchain_disk_free_bytes",
        "knowchain_event_loop_lag_seconds",
        "knowchain_network_restarts_total",
        "knowchain_network_child_gossip_received_total",
        "knowchain_gossip_verdicts_total",
        "knowchain_sync_sessions",
        "knowchain_peers_connected",
        "knowchain_admission_queue",
    ):
        assert name in found, name


async def test_a_late_event_loop_is_seen(api, monkeypatch):
    import time

    from knowchain_node import metrics

    monkeypatch.setattr(metrics, "_LAG_EVERY", 0.01)
    watching = asyncio.create_task(api.service.metrics.watch_loop())
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251 - the loop is to be late
    await asyncio.sleep(0.02)
    watching.cancel()
    assert (await figures(api))["knowchain_event_loop_lag_seconds"][()] >= 0.05
    assert (await figures(api))["knowchain_event_loop_lag_seconds"][()] == 0.0


async def test_names_of_ones_own_are_given_and_forgotten(api):
    own = str(api.home.identity)
    assert (await api.put("/api/v1/petnames/Me", {"identity": own})).json["petnames"] == {"Me": own}
    assert (await api.get("/api/v1/identities/Me")).json["person"]["petname"] == "Me"
    assert (await api.get("/api/v1/petnames")).json["petnames"] == {"Me": own}
    assert (await api.put("/api/v1/petnames/did:x", {"identity": own})).status == 400
    assert (await api.delete("/api/v1/petnames/Me")).json["petnames"] == {}
    assert (await api.delete("/api/v1/petnames/Me")).status == 404


async def test_devices_are_told_without_their_secrets(api):
    found = (await api.get("/api/v1/keys")).json["devices"]
    assert [device["here"] for device in found] == [True]
    person = (await api.get("/api/v1/identities/Ada")).json
    assert person["devices"] == [found[0]["hash"]]
