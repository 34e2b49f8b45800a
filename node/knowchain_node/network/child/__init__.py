"""The child: the only place where trio and libp2p are imported.

It is the exposed part. It holds no identity key, reads no file of the home, and its word is not trusted: the
parent judges every message, and parses everything that comes from here under :mod:`..frames`.

========== ==========================================================================
process    becomes a process that dies with its parent, with bounded memory
life       one life: reads ``Start``, builds the node, runs it until the seam ends
seam       frames over the socketpair
node       carries out commands
host       the libp2p host with its guards
gossip     the gossip router with its guards
judging    messages that wait for a verdict
streams    streams of the application's protocols
dialling   dials, and stays connected with the peers that are to be kept
discovery  mDNS
guards     one module for each thing that libp2p must be guarded against
========== ==========================================================================
"""
