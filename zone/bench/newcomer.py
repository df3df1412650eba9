"""One person of `term-opening`: signs in by a mailed code, buys a pass, and books or waits."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from zone.bench.mail_sink import MailSink

PRODUCT: Final = "sports-term"
TIMEOUT: Final = 30.0
"""Seconds. A request without an answer for so long hangs."""
LATER: Final = frozenset({429, 503})
"""Answers that ask a person to come back."""
FORM: Final = "application/x-www-form-urlencoded"


class StoppedError(Exception):
    """A person got an answer with which they could not go on; the message says which."""


@dataclass(slots=True)
class OpeningTimes:
    """Of all people: milliseconds of each request, and the answers; seconds of mail, in all, and
    after which they were asked to come back.
    """

    millis: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    mails: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Newcomer:
    """A person with a browser: cookies, and the patience to come back when the service says so."""

    address: str
    class_session: str
    port: int
    sink: MailSink
    times: OpeningTimes
    until: float
    client: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def come(self) -> None:
        """Do everything, and note how long it took, or what stopped it."""
        begun = time.monotonic()
        try:
            self._sign_in()
            self._buy()
            self._book()
        except (StoppedError, OSError, http.client.HTTPException) as error:
            self.times.failures.append(f"{type(error).__name__}: {error}")
        else:
            self.times.whole.append(time.monotonic() - begun)

    def _sign_in(self) -> None:
        self._api("POST", "/sign-in/code", {"email": self.address}, expected=(202,))
        asked = time.monotonic()
        code = self.sink.await_code(self.address, self.until)
        if code is None:
            raise StoppedError("no mail with a code")
        self.times.mails.append(time.monotonic() - asked)
        self._api("POST", "/sign-in", {"email": self.address, "code": code}, expected=(204,))

    def _buy(self) -> None:
        self._api("GET", "/products", expected=(200,))
        _, order = self._api("POST", "/orders", {"product": PRODUCT}, key="order", expected=(201,))
        page = urlsplit(order["payment_url"])
        paid, headers, _ = self._ask(
            "POST",
            f"{page.path}?{page.query}",
            urlencode({"outcome": "paid"}),
            {"Content-Type": FORM},
        )
        if paid != 303:
            raise StoppedError(f"the payment page answered {paid}")
        back = urlsplit(headers["location"])
        self._ask("GET", f"{back.path}?{back.query}", None, {})
        _, order = self._api("GET", f"/orders/{order['id']}", expected=(200,))
        if order["state"] not in ("paid", "fulfilled"):
            raise StoppedError(f"the order is {order['state']}")

    def _book(self) -> None:
        wanted = {"session": self.class_session}
        status, refused = self._api("POST", "/bookings", wanted, key="place", expected=(201, 409))
        if status == 409:
            if refused["code"] != "session_full":
                raise StoppedError(refused["code"])
            path = f"/sessions/{self.class_session}/queue"
            self._api("POST", path, None, key="queue", expected=(201,))

    def _api(
        self,
        method: str,
        path: str,
        body: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
        expected: tuple[int, ...],
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        sent = None if body is None else json.dumps(body)
        status, _, read = self._ask(method, f"/api/v1{path}", sent, headers)
        if status not in expected:
            raise StoppedError(f"{method} {path} answered {status}: {read[:200]!r}")
        return status, json.loads(read) if read else {}

    def _ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask until the service no longer says that one shall come back; as late as it says."""
        while True:
            status, answered, read = self._once(method, path, body, headers)
            if status not in LATER:
                return status, answered, read
            if "retry-after" not in answered:
                raise StoppedError(f"a {status} that does not say when to come back")
            pause = float(answered["retry-after"])
            if time.monotonic() + pause > self.until:
                raise StoppedError(f"{status} until the end, last at {method} {path[:20]}")
            self.times.pauses.append(pause)
            time.sleep(pause)

    def _once(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        host = f"localhost:{self.port}"
        sent = {"Origin": f"http://{host}", "Host": host, "Accept": "text/html", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        begun = time.monotonic()
        with closing(
            http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=TIMEOUT, source_address=(self.client, 0)
            )
        ) as web:
            web.request(method, path, body, sent)
            answer = web.getresponse()
            read = answer.read()
        self.times.millis.append((time.monotonic() - begun) * 1000)
        self.times.statuses[answer.status] += 1
        for cookie in answer.headers.get_all("Set-Cookie", ()):
            self.cookies |= {name: one.value for name, one in SimpleCookie(cookie).items()}
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, read
