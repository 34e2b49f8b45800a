"""Chains: links, identities with ranked keys, forks, and the standing of what is held.

docs/spec/records.md is the specification. Nothing here reads a clock, a disk or a network: a verdict
is a function of a block and its ancestors, a standing is a function of the set of records held.
"""

from knowchain.chains.forks import ForkProof, check_fork_proof
from knowchain.chains.holdings import Entry, Holdings, LogEntry, Pointer
from knowchain.chains.identity import Handover, IdentityState, Revoked, genesis_state, next_state
from knowchain.chains.links import (
    IdentityLink,
    Parent,
    added_keys,
    author_of,
    check_identity_link,
    check_link,
)
from knowchain.chains.memory import RecordSet
from knowchain.chains.runs import Place, Run, Runs
from knowchain.chains.standing import Flag, Standing
from knowchain.chains.states import States
from knowchain.chains.tips import Log

__all__ = [
    "Entry",
    "Flag",
    "ForkProof",
    "Handover",
    "Holdings",
    "IdentityLink",
    "IdentityState",
    "Log",
    "LogEntry",
    "Parent",
    "Place",
    "Pointer",
    "RecordSet",
    "Revoked",
    "Run",
    "Runs",
    "Standing",
    "States",
    "added_keys",
    "author_of",
    "check_fork_proof",
    "check_identity_link",
    "check_link",
    "genesis_state",
    "next_state",
]
