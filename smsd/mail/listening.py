"""Where a server listens: reading the address, opening the socket, and leaving nothing behind."""

import asyncio
import ipaddress
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

SOCKET_MODE = 0o660
_SOCKET_PATH_BYTES = 107  # sun_path of Linux, less the final NUL


class ListenError(Exception):
    """The LMTP address cannot be opened; the message names the cure."""


@dataclass(frozen=True)
class UnixAddress:
    """A socket in the file system."""

    path: Path

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True)
class TcpAddress:
    """An IP address and a port; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(listen: str) -> UnixAddress | TcpAddress:
    """The address that `unix:/run/smsd/lmtp.sock`, `127.0.0.1:2424` or `[::1]:2424` names.

    Raises ValueError, with the cure, for anything else.
    """
    if listen.startswith("unix:"):
        return _parse_unix(listen)
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{listen!r} has no port; {_LISTEN_CURE}")
    return TcpAddress(_parse_host(listen, host), int(port))


_LISTEN_CURE = 'write "unix:/run/smsd/lmtp.sock", "127.0.0.1:2424" or "[::1]:2424"'


def _parse_unix(listen: str) -> UnixAddress:
    path = listen.removeprefix("unix:")
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise ValueError(f"{listen!r} is not an absolute path of a socket; {_LISTEN_CURE}")
    if len(os.fsencode(path)) > _SOCKET_PATH_BYTES:
        raise ValueError(f"{listen!r} is too long, {_SOCKET_PATH_BYTES} bytes are a socket's limit; use a shorter path")
    return UnixAddress(Path(path))


def _parse_host(listen: str, host: str) -> str:
    """An IP literal, IPv6 in brackets. Names are refused: they may mean several addresses, or another one tomorrow."""
    if host == "localhost":
        return "127.0.0.1"
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError as exc:
        raise ValueError(f"{host!r} in {listen!r} is not an IP address; {_LISTEN_CURE}") from exc
    if bracketed != (address.version == 6):
        raise ValueError(f"{listen!r} mixes up brackets, which IPv6 needs and IPv4 must not have; {_LISTEN_CURE}")
    return str(address)


@asynccontextmanager
async def listening(
    address: UnixAddress | TcpAddress, factory: Callable[[], asyncio.Protocol]
) -> AsyncIterator[tuple[asyncio.Server, UnixAddress | TcpAddress]]:
    """A server at `address`, and the address that it really has."""
    loop = asyncio.get_running_loop()
    with _naming(address):
        if isinstance(address, UnixAddress):
            bound = _bind_unix(address.path)
            server = await loop.create_unix_server(factory, sock=bound)
        else:
            server = await loop.create_server(factory, address.host, address.port)
            address = TcpAddress(address.host, server.sockets[0].getsockname()[1])
    mark = _inode(address.path) if isinstance(address, UnixAddress) else None
    try:
        yield server, address
    finally:
        server.close()
        await server.wait_closed()
        # Only our own: a successor may have taken the place while we finished.
        if isinstance(address, UnixAddress) and mark is not None and _inode(address.path) == mark:
            address.path.unlink(missing_ok=True)


@contextmanager
def _naming(address: UnixAddress | TcpAddress) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        fault = (exc.strerror or str(exc)).lower()
        raise ListenError(f"cannot listen on {address} ({fault}); check [mail] lmtp_listen") from exc


def _bind_unix(path: Path) -> socket.socket:
    """A bound socket at `path`. Nobody can connect before it listens, so its mode is right from the first moment."""
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(os.fspath(path))
        path.chmod(SOCKET_MODE)
    except BaseException:
        bound.close()
        raise
    return bound


def _remove_stale(path: Path) -> None:
    """Remove the socket that a killed process left behind; leave anything else, and a socket somebody listens on."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ListenError(f"cannot listen on unix:{path}: there is a file that is no socket; move it away")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            probe.connect(os.fspath(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    except BlockingIOError:
        pass  # a full backlog: somebody listens
    raise ListenError(f"cannot listen on unix:{path}: another process does; is smsd running already?")


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
