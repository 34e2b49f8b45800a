"""One module for each thing that py-libp2p 0.8.1 must be guarded against.

The numbers are the rows of the table in docs/spec/network.md; each has a test that attacks it.

============ ====================================================================== ========
containment  a failure in a handler or a task ends the host                         1, 2
secrecy      plaintext and secio are accepted                                       3
door         slots are never released; idle connections keep others out             4, 12
rates        spam protection drops everyone's messages                              7
listening    a port is bound twice, or not at all, or stays bound, without an error 8, 9, 10
dialling     only the first address is dialled, and failures are remembered         11
metering     bytes are not counted, and dead connections are kept
negotiation  what a peer says before a protocol is agreed on has no bound
window       a peer may send more than its receive window
============ ====================================================================== ========

Rows 5 and 6 are about Bitswap, which is not started here.
"""
