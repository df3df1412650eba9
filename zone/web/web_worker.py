"""gunicorn's threaded worker, with a queue whose length is known and connections that wait idle.

`zone serve` names it. Behind a proxy that keeps its connections busy little of it is needed;
browsers that connect directly need all of it.
"""

import selectors
import time
from collections.abc import Iterable
from functools import partial
from itertools import chain, islice
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

from zone.core.waiting_requests import begin_serving, note_queued, note_taken
from zone.web.queue_wait import note_wait

AT_ONCE: Final = 10
"""Idle connections that end together, to make room for new ones."""


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that notes how long each request has waited for a thread."""

    def init_process(self) -> None:
        """Begin to serve, in the process that was forked for it."""
        begin_serving()
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Accept a connection, and wait for its first byte without a thread."""
        # gunicorn's own lets a thread wait for it, up to 5 s: browsers open connections ahead, and
        # six of them stopped a service of two processes with three threads each.
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.set_timeout()
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client, selectors.EVENT_READ, readable)

    def enqueue_req(self, conn: Any) -> None:
        """Let a connection with a request wait for a thread."""
        conn.queued_at = time.monotonic()
        note_queued()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Serve a request, in a thread that knows how long it has waited."""
        note_taken()
        note_wait(time.monotonic() - conn.queued_at)
        return super().handle(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close idle connections whose time is over; where no more fit in, the oldest too."""
        if self.nr_conns >= self.worker_connections:
            # Else nobody could connect until browsers that do nothing let go, after 75 s.
            idle: Iterable[Any] = chain(self.keepalived_conns, self.pending_conns)
            for connection in islice(idle, AT_ONCE):
                connection.timeout = 0.0
        super().murder_keepalived(force)

    def _cap_keepalive(self, deadline: float) -> None:
        """Let connections that have sent nothing go too when the worker stops."""
        super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)
