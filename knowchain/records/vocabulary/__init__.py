"""The words that bodies use, each checked against its own authority (docs/spec/bodies.md).

Every function takes what a person wrote and ``field``, the place to name in a message; it answers the
canonical form, or raises :class:`~knowchain.errors.InvalidValue`. A form that was understood but stored
differently comes back with a ``warning``. Libraries that hold big tables are loaded when first asked.
"""

from knowchain.records.vocabulary.canonical import Canonical

__all__ = ["Canonical"]
