"""HTTP with a target: bounded in time and size, never redirected, and silent about the token."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import email.utils
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from knowchain.errors import KnowchainError, shown
from knowchain_node.logs import redacted
from knowchain_node.pinning.targets import TargetUnready

__all__ = ["Exchange", "read_json"]

_CONNECTING: Final = 10.0
PATIENCE: Final = 60.0
"""Seconds in which the next bytes have to come, or go."""
_MOST_JSON: Final = 4 * 2**20
_LONGEST_LINE: Final = 2**16
_LONGEST_WORDS: Final = 300
_LONGEST_WAIT: Final = 86_400.0
_BUSY: Final = frozenset({429, 502, 503, 504})


class Exchange:
    """Requests to one target.

    Args:
        target: its name, for messages.
        url: what every path is put behind.
        secret: its token; None if it asks for none. ``basic:USER:PASSWORD`` is sent as Basic, all else as
            Bearer.
        patience: seconds in which the next bytes have to come, or go.
    """

    def __init__(self, target: str, url: str, secret: str | None, *, patience: float = PATIENCE) -> None:
        self.target: Final = target
        self._url = url
        self._secret = secret
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @contextlib.asynccontextmanager
    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: object = None,
        stream: AsyncGenerator[bytes, None] | None = None,
        content_type: str = "application/json",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request, and have its answer within the block. A silence on either side ends it.

        Args:
            method: of HTTP.
            path: behind the URL, quoted already.
            query: of the URL.
            body: sent as JSON.
            stream: sent as it comes, in place of ``body``.
            content_type: of what is sent.

        Raises:
            TargetUnready: it can't be reached, is silent, breaks off, or refuses whoever asks.
            KnowchainError: what ``stream`` raises.
        """
        data = json.dumps(body).encode() if body is not None else None
        headers = {} if data is None and stream is None else {"Content-Type": content_type}
        url = URL(self._url + path, encoded=True).update_query(dict(query or {}))
        broken: list[KnowchainError] = []
        try:
            async with asyncio.timeout(None) as limit:
                stall = _Stall(limit, self._patience)
                sent = None if stream is None else _watched(stream, stall, broken)
                async with self._opened().request(
                    method, url, data=data if sent is None else sent, headers=headers, allow_redirects=False
                ) as response:
                    stall.answered()
                    self._check(response)
                    yield response
        except aiohttp.ClientConnectorError as exc:
            raise self.unready(f"it can't be reached: {_why(exc)}") from exc
        except TimeoutError as exc:
            raise self.unready(f"nothing came for {self._patience:g} s", blames_pin=True) from exc
        except (aiohttp.ClientError, HttpProcessingError, ConnectionError, ValueError) as exc:
            if broken:
                raise broken[0] from exc  # what was to be sent could not be read here
            raise self.unready(f"the connection broke off: {_why(exc)}", blames_pin=True) from exc

    async def json(self, method: str, path: str, query: Mapping[str, str] | None = None, **sent: Any) -> Any:
        """Send a request, and read an answer of JSON: (status, value); the value is None if it is none.

        Raises:
            TargetUnready: as :meth:`ask`.
        """
        async with self.ask(method, path, query, **sent) as response:
            return response.status, await read_json(response)

    def unready(self, why: str, *, wait: float | None = None, blames_pin: bool = False) -> TargetUnready:
        """The error; what the target said of the token is not in it."""
        return TargetUnready(
            self.target,
            self.clean(why),
            remedy="look at the target; it is asked again by itself",
            wait=wait,
            blames_pin=blames_pin,
        )

    def clean(self, text: str) -> str:
        """A target's words, fit to be shown and kept: short, printable, and without the token."""
        if self._secret is not None:
            bare = self._secret.removeprefix("basic:").removeprefix("bearer:")
            encoded = base64.b64encode(bare.encode()).decode()
            for part in (self._secret, bare, encoded, bare.rpartition(":")[2]):
                text = text.replace(part, "…") if len(part) > 3 else text
        return shown(redacted(text), _LONGEST_WORDS)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECTING, sock_read=self._patience)
            self._session = aiohttp.ClientSession(
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/json", "User-Agent": "knowchain", **self._authorization()},
                read_bufsize=_LONGEST_LINE,
            )
        return self._session

    def _authorization(self) -> dict[str, str]:
        if self._secret is None:
            return {}
        if self._secret.startswith("basic:"):
            pair = base64.b64encode(self._secret.removeprefix("basic:").encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {"Authorization": f"Bearer {self._secret.removeprefix('bearer:')}"}

    def _check(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status in (401, 403):
            raise TargetUnready(
                self.target,
                f"it refuses the token (status {status})" if self._secret else "it asks for a token",
                remedy="check token_file or token_variable of this target, and that the token is not used up",
            )
        if status in _BUSY:
            raise self.unready(
                f"it is too busy, or not up (status {status})",
                wait=_retry_after(response.headers.get("Retry-After", "")),
            )
        if 300 <= status < 400:
            raise TargetUnready(
                self.target,
                f"it points elsewhere (status {status}), and nobody's token is carried there",
                remedy="give the URL at which it answers itself",
            )


class _Stall:
    """Ends a request that is sent piece by piece when nothing moves. Reading has a time of its own."""

    def __init__(self, limit: asyncio.Timeout, patience: float) -> None:
        self._limit = limit
        self._patience = patience
        self._answered = False

    def moved(self) -> None:
        """A piece is on its way; the next has its time."""
        self._reset(self._patience)

    def sent(self) -> None:
        """All is on its way; the last of it may still wait to be taken, and then for an answer."""
        self._reset(None if self._answered else 2 * self._patience)

    def answered(self) -> None:
        """The answer has begun."""
        self._answered = True
        self._reset(None)

    def _reset(self, seconds: float | None) -> None:
        when = None if seconds is None else asyncio.get_running_loop().time() + seconds
        with contextlib.suppress(RuntimeError):  # the answer was over before the question
            self._limit.reschedule(when)


async def _watched(
    stream: AsyncGenerator[bytes, None], stall: _Stall, broken: list[KnowchainError]
) -> AsyncGenerator[bytes, None]:
    """The pieces, each with its time to be taken. What could not be read here goes to ``broken``."""
    async with contextlib.aclosing(stream):
        try:
            async for piece in stream:
                stall.moved()
                yield piece
        except KnowchainError as exc:
            broken.append(exc)
            raise
        finally:
            stall.sent()


async def read_json(response: aiohttp.ClientResponse) -> Any:
    """The JSON of an answer; None if it is none, or has more than 4 MiB."""
    data = bytearray()
    async for piece in response.content.iter_chunked(2**16):
        data += piece
        if len(data) > _MOST_JSON:
            response.close()
            return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _why(exc: BaseException) -> str:
    return getattr(exc, "strerror", None) or str(exc) or type(exc).__name__


def _retry_after(text: str) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or a date; a day at most."""
    try:
        seconds = float(text) if text.isascii() and text.isdigit() else None
        if seconds is None:
            moment = email.utils.parsedate_to_datetime(text)
            seconds = (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)
