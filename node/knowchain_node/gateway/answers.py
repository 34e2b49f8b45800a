"""The headers of the gateway's answers. Nothing that it gives is a page, and nothing of it ever changes."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs

from knowchain.content.trails import Trail
from knowchain_node.gateway.question import Question

__all__ = ["HEADERS", "etag_of", "headers_of", "matches"]

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match, Range, X-Requested-With",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, X-Ipfs-Path, X-Ipfs-Roots",
}
"""On every answer: any page may read what is public here, and nothing that is served runs anywhere."""
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_MOST_ROOTS: Final = 100
"""Of a path, the last ones: a header of more than 8 KiB is refused by many clients."""
_SAFE: Final = " !#$&'()+,-.=@[]^_`{}~"


def etag_of(question: Question, end: object) -> str:
    """A validator: strong for a block, weak for a CAR, whose bytes may stand in another order elsewhere."""
    if question.format == "raw":
        return f'"{end}.raw"'
    what = "/".join((str(question.root), *question.segments)) + repr((question.selection, question.version_0))
    return f'W/"{end}.car.{hashlib.sha256(what.encode()).hexdigest()[:16]}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether a client says that it has the answer already (RFC 9110, 13.1.2: a weak comparison)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def headers_of(question: Question, trail: Trail, etag: str) -> dict[str, str]:
    """The headers of an answer."""
    path = "".join("/" + quote(segment, safe="") for segment in question.segments)
    return {
        hdrs.CONTENT_TYPE: question.content_type,
        hdrs.CONTENT_DISPOSITION: _disposition(question, trail),
        hdrs.ETAG: etag,
        hdrs.CACHE_CONTROL: _FOR_A_YEAR,
        hdrs.ACCEPT_RANGES: "bytes" if question.format == "raw" else "none",
        hdrs.VARY: "Accept",
        "X-Ipfs-Path": f"/ipfs/{question.root}{path}",
        "X-Ipfs-Roots": ",".join(str(root) for root in trail.roots[-_MOST_ROOTS:]),
    }


def _disposition(question: Question, trail: Trail) -> str:
    """Always saved, never shown (RFC 6266)."""
    name = question.filename or f"{trail.end}.{'bin' if question.format == 'raw' else 'car'}"
    name = name.replace("/", "_")[:255]
    plain = "".join(c if c.isascii() and (c.isalnum() or c in _SAFE) else "_" for c in name)
    if plain == name:
        return f'attachment; filename="{plain}"'
    return (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode(errors='replace'), safe='')}"
    )
