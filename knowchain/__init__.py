"""knowchain: a decentralised knowledge chain and provenance tracker.

The library is synchronous and knows no network. It can be used alone: to sign, verify, trace and
rank knowledge records offline. The peer is ``knowchain_node``, the command ``knowchain_cli``.
"""

__version__ = "0.1.0"
