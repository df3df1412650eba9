"""A mail server on this machine that keeps what it receives, for benchmarks."""

import re
import socketserver
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Final

CODE: Final = re.compile(r"\b(\d{3}) ?(\d{3})\b")


class MailSink:
    """The codes of sign-in mails by address, and how many mails each address got."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._codes: dict[str, str] = {}
        # Thousands wait at once: if each looked again and again, they would take the processors
        # from the service that is measured.
        self._came: defaultdict[str, threading.Event] = defaultdict(threading.Event)
        self._lock = threading.Lock()

    def take(self, content: bytes) -> None:
        """Keep one mail."""
        message = message_from_bytes(content, policy=policy.default)
        address = str(message["To"])
        body = message.get_body(("plain",))
        found = CODE.search(body.get_content() if body else "")
        with self._lock:
            self.counts[address] = self.counts.get(address, 0) + 1
            if found and address not in self._codes:
                self._codes[address] = "".join(found.groups())
                self._came[address].set()

    def await_code(self, address: str, until: float) -> str | None:
        """Return the code that was mailed to an address; None: not by this monotonic time."""
        with self._lock:
            came = self._came[address]
        came.wait(max(0.0, until - time.monotonic()))
        return self._codes.get(address)


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as our own deliverer speaks."""

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self.server.sink.take(self._content())  # type: ignore[attr-defined]  # of _Server
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 OK")

    def _content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, sink: MailSink) -> None:
        self.sink = sink
        super().__init__(("127.0.0.1", 0), _Conversation)


@contextmanager
def mail_sink() -> Iterator[tuple[MailSink, str]]:
    """Run the server in a thread; yield what it keeps, and its URL."""
    sink = MailSink()
    with _Server(sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield sink, f"smtp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
