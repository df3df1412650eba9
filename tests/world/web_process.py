"""The web in processes of its own, started as an operator does, and requests to it."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.demo.example import SELLER
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

READY_SECONDS = 60.0
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class WebProcess:
    """A running `zone serve`."""

    settings: Settings
    port: int

    def headers(self, token: str) -> dict[str, str]:
        """Return the headers with which a browser that is signed in writes."""
        return {
            "Cookie": f"{session_cookie.name_of(self.settings)}={token}",
            "Sec-Fetch-Site": "same-origin",
        }

    def post(self, path: str, token: str, **body: str) -> tuple[int, float]:
        """Write to the API over a connection of its own; return status and seconds."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        begun = time.monotonic()
        try:
            headers = self.headers(token) | {"Content-Type": "application/json"}
            connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
            status = connection.getresponse().status
            return status, time.monotonic() - begun
        finally:
            connection.close()


@contextmanager
def web_process(settings: Settings, more: Mapping[str, str]) -> Iterator[WebProcess]:
    """Serve the database of a test, with a complete seller and `more` variables, until the end."""
    port = free_port()
    seller = {f"ZONE_{name.upper()}": value for name, value in SELLER.items()}
    here = {
        "ZONE_DATA_DIR": str(settings.data_dir),
        "ZONE_KEYS_DIR": str(settings.keys),
        "ZONE_DATABASE_URL": settings.database_url,
    }
    web = Process(
        "web",
        python("-m", "zone", "serve", "--port", str(port)),
        log=settings.data_dir / "web.log",
        env=environment(seller | here | dict(more)),
    )
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS)
        yield WebProcess(settings, port)
    finally:
        web.stop()


def tokens_of(members: Sequence[int]) -> list[str]:
    """Sign members in; return a token for each."""
    with writing() as session:
        return [sign_in_sessions.open_session(session, one, now=utc_now()) for one in members]
