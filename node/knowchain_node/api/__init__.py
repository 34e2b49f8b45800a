"""The HTTP API of a peer: what it answers, to whom, and in which form (docs/spec/api.md).

- :mod:`~knowchain_node.api.ports`: what the API asks of a peer, as Protocols; ``fake`` is a peer for tests;
- :mod:`~knowchain_node.api.endpoint`: one endpoint as data, and one call of it;
- :mod:`~knowchain_node.api.guard`: who may call: the token, ``Host``, ``Origin``;
- :mod:`~knowchain_node.api.failures`: the one shape of every error;
- :mod:`~knowchain_node.api.app`: all endpoints together; :mod:`~knowchain_node.api.listener`: the socket.

Importing this package imports no aiohttp.
"""
