"""Kinds of bodies: strict when written, open when read (docs/spec/bodies.md).

- :func:`compose` turns what a person wrote into a body's fields and a header's references;
- :func:`present` turns them back into what people read;
- :func:`read_body` reads any body, of this version or another;
- :data:`KINDS` describes every kind.
"""

from knowchain.records.bodies.acceptance import Acceptance, acceptance_of
from knowchain.records.bodies.composing import Draft, compose
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds import KINDS
from knowchain.records.bodies.presenting import present
from knowchain.records.bodies.reading import Body, read_body

__all__ = [
    "KINDS",
    "Acceptance",
    "Body",
    "Draft",
    "Kind",
    "acceptance_of",
    "compose",
    "present",
    "read_body",
]
