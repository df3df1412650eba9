"""A network between a bridge and its server, which a test makes fail in one way or another."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, get_args
from urllib.parse import urlsplit

# `black_hole`: nothing comes back, and nothing is closed. `reset`: each connection is reset.
# `slow`: a byte at a time. `half_closed`: the answer ends in its middle. `lost`: the request
# arrives, and the connection is reset before its answer. `repeated`: the request arrives twice.
Fault = Literal["black_hole", "reset", "slow", "half_closed", "lost", "repeated"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
_SLOW_SECONDS = 0.05
_STEP_SECONDS = 0.05


class BadNetwork:
    """Forwards connections to the server; `fault` is what is wrong with it now."""

    def __init__(self, origin: str) -> None:
        self._server = urlsplit(origin)
        self.fault: Fault | None = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(_STEP_SECONDS)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listening.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._listening.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            client.settimeout(_STEP_SECONDS)
            while not self._stop.is_set():
                request = _received(client)
                if request == b"":
                    return
                if request is not None:
                    self._exchange(client, request)

    def _exchange(self, client: socket.socket, request: bytes) -> None:
        """Pass one request on, and its answer back, as far as the network does."""
        fault = self.fault
        if fault == "black_hole":
            return
        if fault == "reset":
            raise _reset(client)
        answer = b"".join(self._asked(request) for _ in range(2 if fault == "repeated" else 1))
        answer = answer[: len(answer) // 2] if fault in ("repeated", "half_closed") else answer
        if fault == "lost":
            raise _reset(client)
        if fault == "slow":
            for byte in answer:
                client.sendall(bytes([byte]))
                if self._stop.wait(_SLOW_SECONDS):
                    return
            return
        client.sendall(answer)
        if fault == "half_closed":
            client.shutdown(socket.SHUT_WR)

    def _asked(self, request: bytes) -> bytes:
        """The answer of the server, over a connection of its own."""
        with socket.create_connection((self._server.hostname, self._server.port or 80)) as server:
            server.sendall(request)
            server.settimeout(5)
            answer = server.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == _LENGTH), 0
            )
            while len(body) < length:
                body += server.recv(65536)
            return head + b"\r\n\r\n" + body


_LENGTH = b"content-length:"


def _received(client: socket.socket) -> bytes | None:
    """A whole request; None while there is none, and b"" when the client has hung up."""
    try:
        request = client.recv(65536)
    except TimeoutError:
        return None
    until = time.monotonic() + 5
    while request and time.monotonic() < until and not _is_whole(request):
        with suppress(TimeoutError):
            request += client.recv(65536)
    return request


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == _LENGTH]
    return bool(end) and len(body) >= sum(lengths)


def _reset(client: socket.socket) -> OSError:
    """Have the connection reset when it is closed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return ConnectionResetError()


@contextmanager
def bad_network(origin: str) -> Iterator[BadNetwork]:
    network = BadNetwork(origin)
    try:
        yield network
    finally:
        network.close()
