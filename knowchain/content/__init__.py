"""Files as IPFS keeps them: UnixFS over dag-pb, and CAR. Pure: bytes in, blocks out, no disk and no network.

- :mod:`~knowchain.content.blocks`: what every keeper of blocks offers, and verification at a trust boundary;
- :mod:`~knowchain.content.dag_pb`, :mod:`~knowchain.content.unixfs`: the two formats, bounded;
- :mod:`~knowchain.content.importing`: files and folders become blocks, under a named profile;
- :mod:`~knowchain.content.reading`: files and folders by path and byte range, verified as they are read;
- :mod:`~knowchain.content.walking`: every block under a root;
- :mod:`~knowchain.content.car`: bundles of blocks, both ways.

The rules are in docs/spec/content.md.
"""
