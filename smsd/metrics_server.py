"""The page that Prometheus reads: GET /metrics over HTTP/1.1, one request a connection, in the daemon's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from config.settings import split_listen
from smsd.mail.listening import ListenError

_MOST_BYTES = 16_384  # of a request's head
_PATIENCE_S = 5.0  # for a head to come, and for an answer to be taken
_AT_ONCE = 8
_PATH = "/metrics"


class _BadRequest(Exception):
    """What was asked is no request that is answered with figures."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class MetricsPage:
    """Answers one connection after `look` has brought the figures up to date."""

    def __init__(self, registry: CollectorRegistry, look: Callable[[], Awaitable[None]]) -> None:
        self._registry = registry
        self._look = look
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """See asyncio.start_server. Whoever is slow, or asks for more than one does, is hung up on."""
        self._open += 1
        try:
            async with asyncio.timeout(2 * _PATIENCE_S):
                writer.write(await self._answer(reader))
                await writer.drain()
        except (TimeoutError, OSError):
            pass  # nobody waits for an answer any more
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        try:
            if self._open > _AT_ONCE:
                raise _BadRequest(HTTPStatus.SERVICE_UNAVAILABLE)
            method, accept = await _read_request(reader)
        except _BadRequest as e:
            return _response(e.status, "text/plain; charset=utf-8", f"{e.status.phrase}; see {_PATH}\n".encode())
        await self._look()
        encode, content_type = choose_encoder(accept)
        figures = encode(self._registry)
        return _response(HTTPStatus.OK, content_type, figures, head_only=method == "HEAD")


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """The method and what the client accepts; _BadRequest for anything but a GET or HEAD of the page."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as e:
        raise _BadRequest(HTTPStatus.BAD_REQUEST) from e
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _BadRequest(HTTPStatus.BAD_REQUEST)
    method, target, _ = words
    if target.partition("?")[0] != _PATH:
        raise _BadRequest(HTTPStatus.NOT_FOUND)
    if method not in ("GET", "HEAD"):
        raise _BadRequest(HTTPStatus.METHOD_NOT_ALLOWED)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return method, headers.get("accept", "")


def _response(status: HTTPStatus, content_type: str, body: bytes, *, head_only: bool = False) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        f"Allow: GET, HEAD\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + (b"" if head_only else body)


@asynccontextmanager
async def open_metrics_page(
    listen: str | None, registry: CollectorRegistry, look: Callable[[], Awaitable[None]]
) -> AsyncIterator[str | None]:
    """Serves the page at `listen` for the length of a block; yields the real address. None: nothing is served."""
    if listen is None:
        yield None
        return
    host, port = split_listen(listen)
    page = MetricsPage(registry, look)
    try:
        server = await asyncio.start_server(page.serve, str(host), port, limit=_MOST_BYTES)
    except OSError as e:
        fault = (e.strerror or str(e)).lower()
        cure = "is it taken? change [metrics] listen, or metrics_listen of the modem"
        raise ListenError(f"cannot listen on {listen} ({fault}); {cure}") from e
    async with server:
        name, real = server.sockets[0].getsockname()[:2]
        yield f"[{name}]:{real}" if ":" in name else f"{name}:{real}"
