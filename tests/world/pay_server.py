"""What the running fakes of payment providers share: a server on loopback that can be faulty.

It is reached where a setting names it, and nowhere else: `ZONE_PAYTRAIL_URL`, `ZONE_STRIPE_URL`.
"""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

import urllib3

from zone.core.clock import utc_now

OUTCOMES: Final = ("paid", "declined", "pending", "cancelled")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the server, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class PayServer:
    """A provider's server: it keeps a book, and answers slowly, wrongly or not at all if told to.

    `delay`: seconds before each answer. `gate`: while it is closed no answer is given.
    `fails_with`: a status instead of an answer. `hangs_up`: the work is done and the connection
    closed. `repeats`: how often each callback is sent.
    """

    def __init__(self) -> None:
        self.book: dict[str, dict[str, Any]] = {}
        self.asked: list[Asked] = []
        self.delay = 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.fails_with = 0
        self.hangs_up = False
        self.repeats = 1
        self.calls_back = True
        self.lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Reply:
        """Return the answer to a request to the API."""
        raise NotImplementedError

    def callbacks(self, identity: str) -> list[Asked]:
        """Return the signed requests with which the server reports a payment now."""
        raise NotImplementedError

    def way_back(self, identity: str) -> str:
        """Return the address to which the browser goes from the payment page."""
        raise NotImplementedError

    def page_of(self, identity: str) -> str:
        """Return the address to pay at."""
        return f"{self.url}/pay/{identity}"

    def settle(self, identity: str, outcome: str) -> None:
        """Record what became of a payment."""
        with self.lock:
            self.book[identity]["outcome"] = outcome
            self.book[identity]["settled_at"] = utc_now()

    @property
    def newest(self) -> str:
        """The id of the newest payment."""
        return next(reversed(self.book))

    def await_asked(self, times: int) -> None:
        """Wait until it was asked so often."""
        deadline = time.monotonic() + 60
        while len(self.asked) < times:
            assert time.monotonic() < deadline, "nobody asks"
            time.sleep(0.01)

    def choose(self, identity: str, outcome: str) -> Reply:
        """Let a buyer choose on the payment page: the callback goes out, then the browser."""
        if outcome != "cancelled" or self.book[identity].get("outcome") != "paid":
            self.settle(identity, outcome)
        if self.calls_back:
            threading.Thread(target=self.report, args=(identity,), daemon=True).start()
        return Reply(303, headers=(("Location", self.way_back(identity)),))

    def report(self, identity: str) -> list[int]:
        """Send the callbacks of a payment over the network; return the statuses."""
        return [_send(one) for one in self.callbacks(identity) for _ in range(self.repeats)]

    def _page(self, asked: Asked) -> Reply:
        identity = asked.path.rpartition("/")[2]
        if identity not in self.book:
            return Reply(404)
        if asked.method == "POST":
            return self.choose(identity, asked.form.get("outcome", "cancelled"))
        buttons = "".join(
            f'<button name="outcome" value="{one}">{one}</button>' for one in OUTCOMES
        )
        page = f'<!doctype html><title>Bank</title><form method="post">{buttons}</form>'
        return Reply(200, page.encode(), (("Content-Type", "text/html"),))

    def _reply(self, asked: Asked) -> Reply | None:
        if asked.path.startswith("/pay/"):
            return self._page(asked)
        with self.lock:
            self.asked.append(asked)
        time.sleep(self.delay)
        self.gate.wait(120)
        if self.fails_with:
            return Reply(self.fails_with, b"<h1>Bad gateway</h1>")
        reply = self.answer(asked)
        return None if self.hangs_up else reply

    def _handler(server: "PayServer") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two segments: the second one waited 40 ms for a delayed ACK.
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length", 0))
                asked = Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query, keep_blank_values=True)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                reply = server._reply(asked)
                if reply is None:
                    self.close_connection = True
                    return
                with suppress(OSError):  # who asked has gone
                    self.send_response(reply.status)
                    for name, value in reply.headers:
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)

            do_GET = do_POST = handle_any  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        return Handler


def _send(asked: Asked) -> int:
    try:
        answer = urllib3.request(
            asked.method,
            asked.path,
            body=asked.body or None,
            headers=dict(asked.headers),
            retries=False,
            timeout=20,
        )
    except urllib3.exceptions.HTTPError:
        return 0
    return answer.status
