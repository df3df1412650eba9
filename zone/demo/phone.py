"""A simulated phone, for machines without a browser: key, HTTP and codes of the pass page.

It uses the standard library for HTTP and `firmware_bridge.wire` for the codes."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import OpenerDirector, Request, build_opener

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from firmware_bridge.wire import token

TIMEOUT_SECONDS: Final = 10.0


class PhoneError(Exception):
    """The server refused; `status` and its `problem` document say why."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}: {problem.get('detail', '')}")
        self.status = status
        self.problem = problem


def kept_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key in a file, which a first call makes.

    A phone that is started again is the same phone: a person may enrol only some new ones a day.
    """
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key
    made = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The server's answer to a new key. `show_long_until` is UTC seconds."""

    kid: bytes
    certificate: bytes
    show_long_until: float


@dataclass(slots=True)
class Phone:
    """One phone, signed in through `cookie` (a Cookie header) or through the opener's own jar."""

    base_url: str
    cookie: str = ""
    opener: OpenerDirector = field(default_factory=build_opener)
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    enrolment: Enrolment | None = None

    @property
    def point(self) -> bytes:
        """Return the 65-byte uncompressed point, as it is sent to the server."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def enrol(self, label: str = "simulated phone") -> Enrolment:
        """Enrol the key at the server.

        Raises:
            PhoneError: not signed in, or too many devices.
        """
        answer = self.ask(
            "POST", "/api/v1/me/devices", {"public_key": self.point.hex(), "label": label}
        )
        self.enrolment = Enrolment(
            bytes.fromhex(answer["kid"]),
            bytes.fromhex(answer["certificate"]),
            float(answer["show_long_until"]),
        )
        return self.enrolment

    def pass_state(self) -> dict[str, Any]:
        """Return what the pass page would show.

        Raises:
            PhoneError: not signed in.
        """
        return self.ask("GET", "/api/v1/me/pass")

    def text(self, now: float) -> str:
        """Return the code at `now` (UTC seconds): L while the key may be new to the doors, then S.

        Raises:
            LookupError: this phone is not enrolled.
        """
        if self.enrolment is None:
            raise LookupError("enrol this phone first")
        if now < self.enrolment.show_long_until:
            return token.sign_long(self.key, self.enrolment.certificate, int(now))
        return token.sign_short(self.key, int(now))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one request of the app; return the JSON of the answer, {} where it has none.

        Raises:
            PhoneError: the server refused.
        """
        try:
            with self.opener.open(
                self._request(method, path, body), timeout=TIMEOUT_SECONDS
            ) as response:
                return dict(json.loads(response.read() or b"{}"))
        except HTTPError as error:
            with error:
                raise PhoneError(error.code, dict(json.load(error))) from error

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> Request:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.base_url + path, data=data, method=method)  # noqa: S310 -- our own server's http(s) address
        request.add_header("Accept", "application/json")
        request.add_header("Origin", self.base_url)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.cookie:
            request.add_header("Cookie", self.cookie)
        return request
