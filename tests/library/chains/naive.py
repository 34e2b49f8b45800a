"""Verdicts and standing straight from docs/spec/records.md, with plain sets of ancestors.

An oracle: slow, and sharing nothing with the library but the reading of DAG-CBOR. It takes blocks whose
form and signatures are good (rules S1 to S4).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from knowchain import codec

Id = bytes


def id_of(block: bytes) -> Id:
    """The id of a block."""
    return b"\x01\x71\x12\x20" + hashlib.sha256(block).digest()


def keyid(key: bytes) -> bytes:
    """How an identity names a key."""
    return hashlib.sha256(key).digest()


@dataclass(frozen=True)
class State:
    """Section 5: an identity at one record."""

    control: tuple[Any, ...] = ()
    devices: tuple[tuple[bytes, Any], ...] = ()
    offer: tuple[Id, Id] | None = None
    accepted: frozenset[Id] = frozenset()


class Refused(Exception):
    """A rule is broken; the argument is the reason."""


def need(condition: object, reason: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise Refused(reason)


class Naive:
    """The set S, and everything that section 6 says of it."""

    def __init__(self, network: str = "main") -> None:
        self.network = network
        self.records: dict[Id, dict[str, Any]] = {}
        self.states: dict[Id, State] = {}
        self.ranks: dict[Id, int] = {}

    # --- section 4 -----------------------------------------------------------------------------

    def verdict(self, block: bytes) -> tuple[str, str | None]:
        """The verdict and the reason."""
        rid = id_of(block)
        if rid in self.records:
            return "duplicate", None
        rec: dict[str, Any] = codec.decode(block)["rec"]  # type: ignore[assignment,index,call-overload]
        try:
            if rec["kind"] == "identity" and "net" in rec:
                need(rec["net"] == self.network, "network")
            if not all(parent in self.records for parent in rec.get("prev", [])):
                return "parked", None
            if rec["kind"] == "identity":
                self._judge_identity(rid, rec)
            else:
                self._judge_ordinary(rec)
        except Refused as refused:
            return "rejected", str(refused)
        return "accepted", None

    def admit(self, block: bytes) -> tuple[str, str | None]:
        """Judge a block and keep it if it is accepted."""
        verdict = self.verdict(block)
        if verdict[0] == "accepted":
            rid = id_of(block)
            rec: dict[str, Any] = codec.decode(block)["rec"]  # type: ignore[assignment,index,call-overload]
            self.records[rid] = rec
            if rec["kind"] == "identity":
                self.states[rid], self.ranks[rid] = self._judge_identity(rid, rec)
        return verdict

    def _judge_ordinary(self, rec: dict[str, Any]) -> None:
        parents = [self.records[parent] for parent in rec["prev"]]
        authors = {self.author(parent) for parent in rec["prev"]}
        need(authors == {rec["author"]}, "chain")
        if rec["seq"] == 0:
            (parent,) = parents
            need(parent["kind"] == "identity" and ["add", keyid(rec["key"])] in parent["ops"], "chain")
            return
        need(all(p["kind"] != "identity" and p["key"] == rec["key"] for p in parents), "chain")
        need(rec["seq"] == 1 + max(p["seq"] for p in parents), "chain")

    def _judge_identity(self, rid: Id, rec: dict[str, Any]) -> tuple[State, int]:
        signers = {keyid(key) for key in [rec["key"], *rec.get("with", [])]}
        if "net" in rec:
            state = self._applied(State(), rid, rec["ops"], 0)
            rank = self._rank(state, signers)
            need(rank is not None, "identity")
            return state, rank or 0
        (prev,) = rec["prev"]
        parent = self.records[prev]
        need(parent["kind"] == "identity" and self.author(prev) == rec["author"], "identity")
        need(rec["seq"] == parent["seq"] + 1, "identity")
        rank = self._rank(self.states[prev], signers)
        need(rank is not None, "identity")
        return self._applied(self.states[prev], rid, rec["ops"], rank or 0), rank or 0

    @staticmethod
    def _rank(state: State, signers: set[bytes]) -> int | None:
        for number, (least, keys) in enumerate(state.control):
            if len(signers & set(keys)) >= least:
                return number
        return None

    @staticmethod
    def _applied(state: State, rid: Id, ops: list[Any], rank: int) -> State:
        control, devices = state.control, dict(state.devices)
        offer, accepted = state.offer, set(state.accepted)
        for name, *args in ops:
            match name:
                case "control":
                    new = tuple((least, tuple(keys)) for least, keys in args[0])
                    need(
                        all(n < len(new) and n < len(control) and new[n] == control[n] for n in range(rank)),
                        "identity",
                    )
                    control = new
                case "add":
                    need(args[0] not in devices, "identity")
                    devices[args[0]] = "in force"
                case "revoke":
                    need(devices.get(args[0]) == "in force", "identity")
                    devices[args[0]] = tuple(args[1]) if len(args) == 2 else None
                case "successor":
                    offer = (rid, args[0])
                case "accept":
                    accepted.add(args[0])
        need(len(devices) <= 4096 and len(accepted) <= 4096, "identity")
        return State(control, tuple(devices.items()), offer, frozenset(accepted))

    def author(self, rid: Id) -> Id:
        """The identity that a record speaks for."""
        return self.records[rid].get("author", rid)

    # --- section 10 ------------------------------------------------------------------------------

    def heads(self) -> set[Id]:
        """The records that no record names in prev."""
        return self.records.keys() - {
            parent for rec in self.records.values() for parent in rec.get("prev", [])
        }


class Verdicts:
    """Section 6 over one unchanging set."""

    def __init__(self, held: Naive) -> None:
        self.held = held
        self.records = held.records
        self.ancestors = cache(self._ancestors)
        self.at_tip = cache(self._at_tip)
        self.tips = cache(self._tips)
        self.retracted = cache(self._retracted)
        self.arguably = cache(lambda x, y: self._acts_for(x, y, any))
        self.firmly = cache(lambda x, y: self._acts_for(x, y, all))
        self.log = {rid for rid, rec in self.records.items() if rec["kind"] == "identity"}

    def _ancestors(self, rid: Id) -> frozenset[Id]:
        found: set[Id] = set()
        todo = list(self.records[rid].get("prev", []))
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo.extend(self.records[one].get("prev", []))
        return frozenset(found)

    def descends(self, later: Id, earlier: Id) -> bool:
        """Whether one record is an ancestor of the other."""
        return earlier in self.ancestors(later)

    # --- tips --------------------------------------------------------------------------------------

    def _weight(self, rid: Id) -> int:
        below = [one for one in self.log if self.descends(one, rid)]
        return min(self.held.ranks[one] for one in [rid, *below])

    def _survivors(self, author: Id) -> set[Id]:
        log = {rid for rid in self.log if self.held.author(rid) == author}
        alive, todo = set(), [rid for rid in log if rid == author]
        while todo:
            rid = todo.pop()
            alive.add(rid)
            children = [one for one in log if rid in self.records[one].get("prev", [])]
            weights = {child: self._weight(child) for child in children}
            todo.extend(child for child in children if weights[child] == min(weights.values()))
        return alive

    def _tips(self, author: Id) -> frozenset[Id]:
        alive = self._survivors(author)
        return frozenset(rid for rid in alive if not any(self.descends(one, rid) for one in alive))

    def _log_flags(self, rid: Id) -> set[str]:
        author = self.held.author(rid)
        if rid not in self._survivors(author):
            return {"superseded"}
        everywhere = all(rid == tip or self.descends(tip, rid) for tip in self.tips(author))
        return set() if everywhere else {"contested"}

    # --- authority ---------------------------------------------------------------------------------

    def _at_tip(self, rid: Id, tip: Id) -> str:
        rec = self.records[rid]
        devices = dict(self.held.states[tip].devices)
        key = keyid(rec["key"])
        if key not in devices:
            return "unnamed"
        if devices[key] == "in force":
            return "ok"
        if devices[key] is None:
            return "revoked"
        number, cut = devices[key]
        if cut in self.records:
            return "ok" if rid == cut or self.descends(cut, rid) else "revoked"
        return "ok" if rec["seq"] < number else "revoked"

    def authority(self, rid: Id) -> set[str]:
        """What the tips say of an ordinary record."""
        return {self.at_tip(rid, tip) for tip in self.tips(self.held.author(rid))}

    def firm(self, rid: Id) -> bool:
        """ok at all tips."""
        return rid not in self.log and self.authority(rid) == {"ok"}

    def arguable(self, rid: Id) -> bool:
        """ok at some tip."""
        return rid not in self.log and "ok" in self.authority(rid)

    def _authority_flags(self, rid: Id) -> set[str]:
        said = self.authority(rid)
        if len(said) > 1:
            return {"contested"}
        return {"ok": set[str](), "revoked": {"revoked"}, "unnamed": {"superseded"}}[said.pop()]

    # --- forks ---------------------------------------------------------------------------------------

    def _live(self, key: bytes) -> list[Id]:
        return [
            rid
            for rid, rec in self.records.items()
            if rid not in self.log
            and rec["key"] == key
            and not self._authority_flags(rid) & {"revoked", "superseded"}
        ]

    def _fork_flags(self, rid: Id) -> set[str]:
        live = self._live(self.records[rid]["key"])
        if rid not in live:
            return set()
        rivals = [
            one for one in live if one != rid and not self.descends(one, rid) and not self.descends(rid, one)
        ]
        if not rivals:
            return set()
        joined = [any(self.descends(m, rid) and self.descends(m, rival) for m in live) for rival in rivals]
        return {"merged"} if all(joined) else {"forked"}

    # --- acting, withdrawal, dispute --------------------------------------------------------------------

    def _acts_for(self, actor: Id, owner: Id, quantifier: Callable[[Iterable[bool]], bool]) -> bool:
        found, todo = {owner}, [owner]
        while todo:
            states = [self.held.states[tip] for tip in self.tips(todo.pop())]
            offers = {state.offer for state in states}
            if quantifier is all and len(offers) != 1:
                continue
            for offer in offers:
                if offer is None:
                    continue
                record, heir = offer
                tips = self.tips(heir) if heir in self.log else frozenset()
                if (
                    tips
                    and quantifier(record in self.held.states[tip].accepted for tip in tips)
                    and heir not in found
                ):
                    found.add(heir)
                    todo.append(heir)
        return actor in found

    def _refs(self, target: Id, *relations: str) -> list[Id]:
        return [
            rid
            for rid, rec in self.records.items()
            if any(relation in relations and to == target for relation, to in rec.get("refs", []))
        ]

    def _withdraws(self, rid: Id) -> bool:
        return any(
            relation in ("kc:retracts", "kc:erases") for relation, _ in self.records[rid].get("refs", [])
        )

    def _retracted(self, rid: Id) -> bool:
        if rid in self.log:
            return False
        owner = self.held.author(rid)
        for one in self._refs(rid, "kc:retracts", "kc:erases"):
            actor = self.held.author(one)
            if self._withdraws(rid):
                allowed = self.firm(one) and self.firmly(actor, owner)
            else:
                allowed = self.arguable(one) and self.arguably(actor, owner)
            if allowed and not self.retracted(one):
                return True
        return False

    def flags(self, rid: Id) -> set[str]:
        """Every flag of a record."""
        if rid in self.log:
            return self._log_flags(rid)
        found = self._authority_flags(rid) | self._fork_flags(rid)
        if self.retracted(rid):
            found.add("retracted")
        for one in self._refs(rid, "kc:erases"):
            acts = self.firmly(self.held.author(one), self.held.author(rid))
            if not self.retracted(one) and self.firm(one) and acts:
                found.add("erased")
        for one in self._refs(rid, "kc:disputes"):
            if not self.retracted(one) and self.arguable(one):
                found.add("disputed")
        return found
