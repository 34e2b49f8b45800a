"""What is to be pinned is pinned at a pinning service, whatever that does."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from knowchain.home.content import NewContent, add_content, file_links
from knowchain.home.files import DiskFiles
from knowchain.home.pinning import PinWish, pin_content, reconcile_pins, unpin_everywhere
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Reinstatement, Withdrawal, reinstate, withdraw
from knowchain.identifiers import raw_twin
from knowchain_node.pinning.config import TargetConfig

WORK = {"title": {"en": ["Harbour"]}, "access": "public"}
ELSEWHERE = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


def work(home: Any, *files: Any) -> Any:
    return publish(home, Publication(WORK), DiskFiles(files) if files else None)


def body_of(home: Any, rid: Any) -> str:
    stored = home.store.reader().record(rid)
    return str(stored.block.header.body.cid)


async def test_what_is_published_is_pinned_with_its_body_and_files(
    home: Any, service: Any, at_service: Any, working: Any, tmp_path: Any
) -> None:
    (tmp_path / "scan.bin").write_bytes(b"scan" * 700_000)
    made = work(home, tmp_path / "scan.bin")
    async with working(home, at_service) as world:
        await world.settled(count=8)
        states = service.states()
        assert {str(raw_twin(made.id)), body_of(home, made.id)} <= states.keys()
        assert set(states.values()) == {"pinned"}
        assert str(made.id) not in states, "a record's own CID drags its chain along"
        later = await asyncio.to_thread(work, home)
        await world.until(lambda: service.states().get(body_of(home, later.id)) == "pinned")
        assert world.met == ["/dns/pins.example/tcp/4001/p2p/QmServicePeerId"], "once, and nothing but TCP"
    assert all(pin["pin"]["origins"] for pin in service.pins.values())
    assert all(pin["pin"]["name"].startswith("knowchain ") for pin in service.pins.values())


async def test_nothing_is_asked_for_before_there_is_an_address_to_fetch_from(
    home: Any, service: Any, at_service: Any, working: Any
) -> None:
    work(home)
    addresses: list[list[str] | None] = [None]
    async with working(home, at_service, origins=lambda: addresses[-1]) as world:
        await world.until(lambda: bool((state := home.remote_pins.target("service")) and state.tries >= 2))
        assert not service.pins
        addresses.append([])  # it listens nowhere, and the service may find the blocks elsewhere
        await world.settled(count=7)
    assert not any("origins" in pin["pin"] for pin in service.pins.values())


async def test_what_is_retracted_is_unpinned_and_its_header_stays(
    home: Any, service: Any, at_service: Any, working: Any, tmp_path: Any
) -> None:
    (tmp_path / "scan.bin").write_bytes(b"scan" * 700_000)
    made = work(home, tmp_path / "scan.bin")
    body = body_of(home, made.id)
    files = {str(pin) for pin in files_of(home, made.id)}
    async with working(home, at_service) as world:
        await world.settled(count=8)
        assert files < service.states().keys()
        await asyncio.to_thread(withdraw, home, Withdrawal((str(made.id),)))
        await world.until(lambda: not ({body} | files) & service.states().keys())
        assert str(raw_twin(made.id)) in service.states()
        await world.until(lambda: not ({body} | files) & world.states().keys())
        await asyncio.to_thread(reinstate, home, Reinstatement(str(made.id)))
        await world.until(lambda: {body} | files <= service.states().keys())


def files_of(home: Any, rid: Any) -> Any:
    reader = home.store.reader()
    return file_links(rid, reader.body(rid))


async def test_a_file_that_another_work_names_stays_pinned(
    home: Any, service: Any, at_service: Any, working: Any, tmp_path: Any
) -> None:
    (tmp_path / "scan.bin").write_bytes(b"scan" * 700_000)
    first, second = work(home, tmp_path / "scan.bin"), work(home, tmp_path / "scan.bin")
    (shared,) = files_of(home, first.id)
    async with working(home, at_service) as world:
        await world.settled(count=10)
        await asyncio.to_thread(withdraw, home, Withdrawal((str(first.id),)))
        await world.until(lambda: body_of(home, first.id) not in service.states())
        assert service.states()[str(shared)] == "pinned"
        await asyncio.to_thread(withdraw, home, Withdrawal((str(second.id),)))
        await world.until(lambda: str(shared) not in service.states())


async def test_what_is_chosen_is_pinned_until_it_is_no_longer(
    home: Any, service: Any, working: Any, tmp_path: Any
) -> None:
    (tmp_path / "a.bin").write_bytes(b"a" * 100)
    cid = add_content(home, NewContent(str(tmp_path / "a.bin"))).cid
    work(home)
    target = TargetConfig("service", "service", service.url, "chosen")
    async with working(home, target) as world:
        await world.until(lambda: home.remote_pins.target("service") is not None)
        await asyncio.to_thread(pin_content, home, PinWish(str(cid), "service"))
        await world.settled()
        assert service.states() == {str(cid): "pinned"}
        await asyncio.to_thread(unpin_everywhere, home, PinWish(str(cid)))
        await world.until(lambda: not service.pins and not world.states())


async def test_a_chosen_file_of_a_retracted_work_goes_as_well(
    home: Any, service: Any, working: Any, tmp_path: Any
) -> None:
    (tmp_path / "scan.bin").write_bytes(b"scan" * 700_000)
    made = work(home, tmp_path / "scan.bin")
    (file,) = files_of(home, made.id)
    async with working(home, TargetConfig("service", "service", service.url, "chosen")) as world:
        await world.until(lambda: home.remote_pins.target("service") is not None)
        await asyncio.to_thread(pin_content, home, PinWish(str(file)))
        await world.settled()
        await asyncio.to_thread(withdraw, home, Withdrawal((str(made.id),)))
        await world.until(lambda: not service.pins)


async def test_what_fails_at_the_service_is_asked_for_again_in_its_place(
    home: Any, service: Any, at_service: Any, working: Any
) -> None:
    body = body_of(home, work(home).id)
    service.failing[body] = 2
    async with working(home, at_service) as world:
        await world.settled(count=7)
    assert service.count("POST") == len(service.pins) + 2
    assert list(service.states()).count(body) == 1


async def test_pins_of_others_are_counted_as_pinned_and_never_taken_away(
    home: Any, service: Any, at_service: Any, working: Any
) -> None:
    made = work(home)
    theirs = service.add(body_of(home, made.id), name="of the librarian")
    service.add(ELSEWHERE, name="knowchain of another home")
    async with working(home, at_service) as world:
        await world.settled(count=7)
        assert service.pins[theirs]["pin"]["name"] == "of the librarian"
        await asyncio.to_thread(withdraw, home, Withdrawal((str(made.id),)))
        await world.until(lambda: body_of(home, made.id) not in world.states())
        assert theirs in service.pins
    assert ELSEWHERE in service.states()


async def test_what_was_asked_for_and_not_written_down_is_not_asked_for_twice(
    home: Any, service: Any, at_service: Any, working: Any
) -> None:
    body = body_of(home, work(home).id)
    before = service.add(body, name="knowchain body", state="queued")
    async with working(home, at_service) as world:
        await world.settled(count=7)
    assert list(service.states()).count(body) == 1
    assert before in service.pins


async def test_a_pin_that_got_lost_is_asked_for_again(
    home: Any, service: Any, at_service: Any, working: Any
) -> None:
    body = body_of(home, work(home).id)
    async with working(home, at_service) as world:
        await world.settled(count=7)
        lost = next(key for key, pin in service.pins.items() if pin["pin"]["cid"] == body)
        del service.pins[lost]
        await asyncio.to_thread(reconcile_pins, home)
        await world.until(lambda: service.states().get(body) == "pinned")


# --- a service that misbehaves --------------------------------------------------------------------------


async def test_a_wrong_token_stops_the_target_and_is_told_nowhere(
    home: Any, service: Any, at_service: Any, working: Any, caplog: pytest.LogCaptureFixture
) -> None:
    work(home)
    service.token = "another token than ours 0123456789"
    caplog.set_level(logging.DEBUG)
    async with working(home, at_service) as world:
        await world.until(lambda: bool((state := home.remote_pins.target("service")) and state.tries >= 2))
        state = home.remote_pins.target("service")
        assert state is not None
        assert "refuses the token (status 401)" in state.reason
        await world.until(lambda: len(world.states()) >= 7)
        assert set(world.states().values()) == {"wanted"}, "no pin is to blame"
        service.token = ""
        await world.settled(count=7)
        state = home.remote_pins.target("service")
        assert state is not None
        assert (state.tries, state.reason) == (0, "")
    assert "a-token-of-the-tests" not in caplog.text


async def test_a_service_that_is_too_busy_is_left_alone_for_as_long_as_it_says(
    home: Any, service: Any, at_service: Any, working: Any, faults: Any
) -> None:
    work(home)
    service.faults.extend([faults.status(429, Retry_After="120")])
    async with working(home, at_service) as world:
        await world.until(
            lambda: bool((state := home.remote_pins.target("service")) and state.next_try is not None)
        )
        state = home.remote_pins.target("service")
        assert state is not None
        assert state.next_try is not None
        assert 110_000 < state.next_try - home.clock() <= 120_000
        asked = len(service.asked)
        await asyncio.to_thread(reconcile_pins, home)  # the owner knows better
        await world.settled(count=7)
        assert len(service.asked) > asked


@pytest.mark.parametrize("fault", ["status", "hang", "cut", "text", "list", "other"])
async def test_one_pin_at_which_it_fails_holds_up_no_other(
    home: Any, service: Any, at_service: Any, working: Any, faults: Any, fault: str
) -> None:
    body = body_of(home, work(home).id)
    wrong = {
        "status": faults.status(500),
        "hang": faults.hang,
        "cut": faults.cut,
        "text": faults.text("<html>busy</html>"),
        "list": faults.json([1, 2, 3]),
        "other": faults.json({"requestid": "x", "status": "pinned", "created": "2026-01-01T00:00:00Z",
                              "pin": {"cid": ELSEWHERE}, "delegates": []}),
    }[fault]  # fmt: skip

    async def poisoned(request: Any) -> Any:
        if request.method == "POST" and body in await request.text():
            return await wrong(request)
        return None

    service.always = poisoned
    async with working(home, at_service, patience=0.3) as world:
        await world.until(
            lambda: (
                sorted(world.states().values()) == ["failed"] + ["pinned"] * 6
                and world.pins()[body].tries >= 2
            )
        )
        told = world.pins()[body]
        assert told.reason
        assert told.next_try is not None
        assert "a-token-of-the-tests" not in told.reason
        service.always = None
        await world.settled(count=7)


@pytest.mark.parametrize("status", [400, 409])
async def test_what_the_service_refuses_is_told_with_its_reason(
    home: Any, service: Any, at_service: Any, working: Any, faults: Any, status: int
) -> None:
    work(home)

    async def refusing(request: Any) -> Any:
        return await faults.status(status)(request) if request.method == "POST" else None

    service.always = refusing
    async with working(home, at_service) as world:
        await world.until(lambda: len(world.states()) == 7 and set(world.states().values()) == {"failed"})
        reasons = {pin.reason for pin in world.pins().values()}
        assert reasons == {f"it refuses: status {status}, FAULT, told with Bearer …"}


async def test_pages_without_end_come_to_an_end_and_hold_up_no_pin(
    home: Any, service: Any, at_service: Any, working: Any, faults: Any
) -> None:
    work(home)
    row = {
        "requestid": "again",
        "status": "pinned",
        "created": "2026-01-01T00:00:00Z",
        "pin": {"cid": ELSEWHERE},
        "delegates": [],
    }

    async def endless(request: Any) -> Any:
        if request.query.get("limit") == "1000":
            return await faults.json({"count": 5_000_000, "results": [row] * 1000})(request)
        return None

    service.always = endless
    async with working(home, at_service) as world:
        await world.settled(count=7)
        assert sum(1 for method, path in service.asked if method == "GET" and path == "/psa/pins") < 200


@pytest.mark.parametrize(
    "answer", ["", "{", "[]", '{"count": "1", "results": []}', '{"count": 1, "results": [5]}']
)
async def test_a_list_that_is_none_holds_up_no_pin(
    home: Any, service: Any, at_service: Any, working: Any, faults: Any, answer: str
) -> None:
    work(home)

    async def lying(request: Any) -> Any:
        return await faults.text(answer)(request) if request.query.get("limit") == "1000" else None

    service.always = lying
    async with working(home, at_service) as world:
        await world.settled(count=7)


async def test_a_redirect_is_not_followed_with_the_token(
    home: Any, service: Any, at_service: Any, working: Any, faults: Any
) -> None:
    work(home)
    service.always = faults.status(307, Location="http://127.0.0.1:1/psa/pins")
    async with working(home, at_service) as world:
        await world.until(
            lambda: bool((state := home.remote_pins.target("service")) and "points elsewhere" in state.reason)
        )
        assert len(world.states()) in (0, 7)


async def test_a_target_that_is_dead_holds_up_no_other(
    home: Any, service: Any, at_service: Any, working: Any
) -> None:
    work(home)
    dead = TargetConfig("dead", "kubo", "http://127.0.0.1:1")
    async with working(home, dead, at_service) as world:
        await world.settled(count=7)
        await world.until(lambda: len(world.states("dead")) == 7)
        states = home.remote_pins.target("dead")
        assert states is not None
        assert "can't be reached" in states.reason
        assert set(world.states("dead").values()) == {"wanted"}
