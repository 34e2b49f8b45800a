"""Records: signed headers, salted bodies, and the kinds of bodies (docs/spec/records.md)."""

from knowchain.records.block import Block, check_network, read_block, verify_block
from knowchain.records.body import Body, read_body, write_body
from knowchain.records.header import (
    IDENTITY,
    Accept,
    Add,
    AnyHeader,
    BodyLink,
    Control,
    Cut,
    Header,
    IdentityHeader,
    Operation,
    Rank,
    Ref,
    Revoke,
    Successor,
)
from knowchain.records.writing import write_genesis, write_identity, write_record

__all__ = [
    "IDENTITY",
    "Accept",
    "Add",
    "AnyHeader",
    "Block",
    "Body",
    "BodyLink",
    "Control",
    "Cut",
    "Header",
    "IdentityHeader",
    "Operation",
    "Rank",
    "Ref",
    "Revoke",
    "Successor",
    "check_network",
    "read_block",
    "read_body",
    "verify_block",
    "write_body",
    "write_genesis",
    "write_identity",
    "write_record",
]
