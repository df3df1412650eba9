"""JSON over one persistent HTTP connection, and what may go wrong with it."""

import email.utils
import http.client
import json
import secrets
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from firmware_bridge.wire.messages.signature import (
    NONCE_CHARS,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    digest_exchange,
)

API: Final = "/api/v1/bridge"
# A call is cut off after this time. The timeout is for each step of it, and a server or a network
# that sends a byte now and then would hold a loop up for ever; the watchdog would end the bridge.
CALL_SECONDS: Final = 30.0
# An answer that is longer is none of the server's: a page of changes has less than a tenth of it.
LONGEST_ANSWER: Final = 50_000_000
# The code of the server's answer to a bridge that it does not know.
UNKNOWN: Final = "bridge_unknown"
_STEPS: Final = {
    UNKNOWN: "it does not know this bridge. It was revoked or replaced, or enrolled after the "
    "backup that the server was set back to: enrol this box as a new bridge, in an empty folder"
}


class ServerError(Exception):
    """The server could not be reached or did not do what was requested; try again later."""


class RequestRefused(ServerError):  # noqa: N818 -- an answer of the server, not a fault
    """The server answered with `status`, from 400 to 499; 0 when nothing was asked.

    `code` is that of its problem document.
    """

    def __init__(self, text: str, status: int = 0, code: str = "") -> None:
        super().__init__(text)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `body` is the parsed JSON, None when it is empty.

    `date` is when it was written, UTC seconds rounded down; None where it does not say.
    `signature` is the server's, under `exchange` (see `wire.messages.signature`).
    """

    status: int
    body: Any
    date: float | None = None
    signature: str | None = None
    exchange: bytes = b""


class Channel:
    """One persistent connection, for one thread at a time.

    `timeout` is in seconds and applies to each step of a call.
    """

    def __init__(self, origin: str, timeout: float) -> None:
        parts = urlsplit(origin)
        self._sock: socket.socket | None = None
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._http: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.netloc, timeout=timeout, context=context
            )
        else:
            self._http = http.client.HTTPConnection(parts.netloc, timeout=timeout)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        token: str | None = None,
        nonce: str | None = None,
    ) -> Reply:
        """Send one request and return the answer, which is signed for the nonce.

        Raises:
            ServerError: no answer, or one that is not JSON.
        """
        reused = self._http.sock is not None
        cut = threading.Event()
        timer = threading.Timer(CALL_SECONDS, self._cut_off, (cut,))
        timer.daemon = True
        timer.start()
        try:
            reply = self._exchange(method, path, body, token, nonce)
            if cut.is_set():  # what was cut off may look whole
                raise TimeoutError
            return reply
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self.close()
            if not reused or cut.is_set() or isinstance(error, TimeoutError):
                why = "too slow" if cut.is_set() else str(error) or type(error).__name__
                raise ServerError(f"{method} {path.partition('?')[0]}: {why}") from error
        finally:
            timer.cancel()
        # The server may have closed an idle connection: send the request once more on a new one.
        # That is safe because every call may arrive twice: entries are stored once, and only the
        # first use of an enrolment token succeeds.
        return self.call(method, path, body, token, nonce)

    def _cut_off(self, cut: threading.Event) -> None:
        cut.set()
        with suppress(OSError):
            if self._sock is not None:
                self._sock.shutdown(socket.SHUT_RDWR)

    def _exchange(
        self, method: str, path: str, body: object, token: str | None, nonce: str | None
    ) -> Reply:
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if nonce is not None:
            headers[NONCE_HEADER] = nonce
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, separators=(",", ":")).encode()
        self._http.request(method, API + path, data, headers)
        # `_http` forgets it while it reads an answer that ends with the connection.
        self._sock = self._http.sock
        response = self._http.getresponse()
        raw = response.read(LONGEST_ANSWER)
        if len(raw) == LONGEST_ANSWER:
            raise ValueError("the answer is too long")
        body = json.loads(raw) if raw else None
        return Reply(
            response.status,
            body,
            _date_of(response.getheader("Date")),
            response.getheader(SIGNATURE_HEADER),
            digest_exchange(method, API + path, data or b"", raw),
        )

    def close(self) -> None:
        self._http.close()


def new_nonce() -> str:
    """A text that an answer is signed for, so that no other answer can stand for it."""
    return secrets.token_hex(NONCE_CHARS // 2)


def _date_of(header: str | None) -> float | None:
    """The time in a `Date` header (RFC 9110, 6.6.1), UTC seconds; None where there is none."""
    try:
        return email.utils.parsedate_to_datetime(header or "").timestamp()
    except (ValueError, OverflowError):
        return None


def checked_body(reply: Reply) -> Any:
    """The body of a 2xx answer; raises ServerError for another status."""
    if not 200 <= reply.status < 300:
        code = str(reply.body.get("code", "")) if isinstance(reply.body, dict) else ""
        text = f"the server answered {reply.status} {code}".rstrip()
        if 400 <= reply.status < 500:
            step = f": {_STEPS[code]}" if code in _STEPS else ""
            raise RequestRefused(text + step, reply.status, code)
        raise ServerError(text)
    return reply.body
