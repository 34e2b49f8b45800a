"""A subset of Kubo's RPC, for scripts that were written for it: opt-in, on loopback, behind its own token."""
