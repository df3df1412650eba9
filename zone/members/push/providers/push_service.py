"""Send to a push service: its address is somebody's word, so it is looked at before the connection.

Theory of operation. A browser gives us the address to which we send. Whoever makes one up could let
us send to this machine or its network. So only https is spoken, the host is resolved once, every
address that it has must be public, and the connection goes to one of these addresses: a name that
means something else at the second look has no second look. The certificate must be that of the
name. A redirect is an answer like any other, and no proxy of the environment is used.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from zone.core.safe_error import SafeError
from zone.members.push.rules import Address, Endpoint, is_public

STEP_SECONDS: Final = 5.0
MOST_ADDRESSES: Final = 3
"""Of one host, tried in turn: a machine may have no way to those of IPv6."""
ATTEMPT_SECONDS: Final = 10.0
"""For everything after the connection: a service that sends a byte now and then is cut off."""


class PushUnreachableError(SafeError):
    """A push service was not reached, or did not answer in time."""


class PrivateAddressError(SafeError):
    """The host of a push service has an address that is not public."""


def look_up(host: str) -> list[str]:
    """Return the addresses of a host.

    Raises:
        OSError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("no name of a host") from error
    # A zone (`fe80::1%eth0`) stays: such an address is never public.
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Reach:
    """Where to look for hosts, which addresses may be connected to, and whom to believe."""

    resolve: Callable[[str], list[str]] = look_up
    allowed: Callable[[Address], bool] = is_public
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context


PUBLIC: Final = Reach()
"""The open internet. The tests alone use another one: nothing in the settings does."""


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """The status of an answer, and its header Retry-After."""

    status: int
    retry_after: str | None


def addresses_of(host: str, reach: Reach) -> list[str]:
    """Return the addresses of a host, which are all public.

    Raises:
        PushUnreachableError: there are none.
        PrivateAddressError: one of them is not public.
    """
    try:
        found = reach.resolve(host)
    except OSError as error:
        raise PushUnreachableError("its name was not found") from error
    # One private address among them is a trap or a mistake.
    if not all(reach.allowed(ipaddress.ip_address(address)) for address in found):
        raise PrivateAddressError("its address is not public")
    if not found:
        raise PushUnreachableError("its name has no address")
    return found


def send(endpoint: Endpoint, headers: Mapping[str, str], body: bytes, reach: Reach) -> PushAnswer:
    """POST a message, and return the answer; its text is not read.

    Raises:
        PushUnreachableError, PrivateAddressError.
    """
    addresses = addresses_of(endpoint.host, reach)[:MOST_ADDRESSES]
    try:
        with closing(_PinnedConnection(endpoint, addresses, reach.tls())) as connection:
            secured = connection.open()
            with _cut_after(ATTEMPT_SECONDS, secured):
                secured.do_handshake()
                connection.request("POST", endpoint.target, body, dict(headers))
                # Where the service closes the connection, the answer holds the socket by itself.
                with closing(connection.getresponse()) as answer:
                    return PushAnswer(answer.status, answer.getheader("Retry-After"))
    except (OSError, http.client.HTTPException) as error:
        raise PushUnreachableError(type(error).__name__) from error


class _PinnedConnection(http.client.HTTPSConnection):
    """A connection to an address that was looked at; the name is for the certificate and Host."""

    def __init__(self, endpoint: Endpoint, addresses: Sequence[str], tls: ssl.SSLContext) -> None:
        super().__init__(endpoint.host, endpoint.port, timeout=STEP_SECONDS, context=tls)
        self._pinned, self._tls = addresses, tls

    def open(self) -> ssl.SSLSocket:
        self.sock = plain = self._reach()
        self.sock = secured = self._tls.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False
        )
        return secured

    def _reach(self) -> socket.socket:
        """Connect to the first address that answers.

        Raises:
            OSError: none did.
        """
        failed = OSError("no address")
        for address in self._pinned:
            try:
                return socket.create_connection((address, self.port), STEP_SECONDS)
            except OSError as error:
                failed = error
        raise failed


@contextmanager
def _cut_after(seconds: float, secured: ssl.SSLSocket) -> Iterator[None]:
    def cut() -> None:
        with suppress(OSError):  # closed by now
            # Not that of SSLSocket, which takes its state from under the thread that reads.
            socket.socket.shutdown(secured, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
