"""The key of a peer's libp2p part: of this machine alone, it signs no record."""

from __future__ import annotations

import contextlib

from knowchain.home import Home
from knowchain.home.durable import write_new
from knowchain.signing import SEED_SIZE, KeyPair

__all__ = ["transport_seed"]


def transport_seed(home: Home) -> bytes:
    """The seed of this machine's libp2p key; made when first asked for.

    Raises:
        StorageFault: it can't be read or written.
    """
    path = home.layout.keys / "transport.seed"
    with contextlib.suppress(FileNotFoundError):
        seed = path.read_bytes()
        if len(seed) == SEED_SIZE:
            return seed
    seed = KeyPair.generate().seed
    path.unlink(missing_ok=True)
    write_new(path, seed)
    return seed
