"""The command's words over HTTP."""

from __future__ import annotations

from typing import Final

from knowchain_node.api.endpoint import Endpoint

ENDPOINTS: Final[tuple[Endpoint, ...]] = ()
