"""Who has what, asked of the peers of the local network: the provider part of the Kademlia DHT.

========== ==============================================================
addresses  multiaddresses in binary form
wire       messages as bytes, sans-I/O
records    what others say to have, with its bounds, sans-I/O
table      the servers that are known, and who is nearest to what
searching  one search, from server to server
offering   what is here and worth telling
service    the streams, the answers, and what is told to whom
========== ==============================================================

Normative: docs/spec/ipfs.md, "The DHT of the local network".
"""
