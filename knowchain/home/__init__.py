"""A home: one owner's keys, records and content in one folder, and what can be done there offline."""

from knowchain.home.authoring import Signed, author, sign_draft
from knowchain.home.beginning import Beginning, begin, begin_device
from knowchain.home.home import DEFAULT_NETWORK, Home
from knowchain.home.layout import Layout
from knowchain.home.names import Names, resolve_identity, resolve_record

__all__ = [
    "DEFAULT_NETWORK",
    "Beginning",
    "Home",
    "Layout",
    "Names",
    "Signed",
    "author",
    "begin",
    "begin_device",
    "resolve_identity",
    "resolve_record",
    "sign_draft",
]
