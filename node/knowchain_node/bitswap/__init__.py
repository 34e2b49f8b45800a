"""Bitswap: blocks by CID, to and from whatever speaks it over libp2p.

========== =======================================================================
wire       messages as bytes, sans-I/O
ledgers    what other peers want of us and have not got yet, with its bounds
outlets    the stream over which messages go to one peer
giving     answers to the wants of others
asking     whom we ask for which block, sans-I/O
fetching   everything under a CID, from several peers at once
exchange   the streams of the network part, and the parts above behind them
providers  who may have something
bringing   what is fetched, into a home or a file
========== =======================================================================

Normative: docs/spec/ipfs.md, "Bitswap". Why it is made so: docs/adr/0034.
"""
