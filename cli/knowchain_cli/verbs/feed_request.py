"""Which feed is meant: the options that say so, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from knowchain.home.feeding import FeedRequest
from knowchain.home.moments import parse_moment
from knowchain.home.profiles import ProfileAsked
from knowchain_cli.commands import option
from knowchain_cli.messages import feeding as text
from knowchain_cli.verbs.profile import asked_profile

__all__ = ["feed_options", "feed_request"]


def feed_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which a verb knows which feed is meant."""
    function = option("--limit", type=int, metavar="N", help=text.LIMIT)(function)
    function = option("--as-of", metavar="TIME", help=text.AS_OF)(function)
    return option("--profile", metavar="FILE|NAME|ID", help=text.PROFILE)(function)


def feed_request(profile: str | None, as_of: str | None, limit: int | None) -> FeedRequest:
    """The feed that was asked for.

    Raises:
        InvalidValue: no such profile, or no moment.
    """
    at = None if as_of is None else parse_moment(as_of, field="--as-of")
    asked = ProfileAsked() if profile is None else asked_profile(profile, "--profile")
    return FeedRequest(asked.text, asked.preset, asked.record, as_of=at, limit=limit)
