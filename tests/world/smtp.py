"""A real SMTP server on a loopback port, for the tests of mail."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from zone.demo.machine.processes import free_port


class Mailbox:
    """The mails received, in order. An address in `refuse` is answered with its SMTP code."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.encrypted: list[bool] = []
        self.refuse: dict[str, str] = {}
        self._lock = Lock()

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd calls it so -- the names are aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd calls it so
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._lock:
            self.mails.append(message)
            self.recipients.extend(envelope.rcpt_tos)
            self.encrypted.append(session.ssl is not None)
        return "250 stored"


@contextmanager
def server(
    mailbox: Mailbox,
    *,
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
) -> Iterator[str]:
    """Run the server in a thread; yield host and port. With `tls` it requires STARTTLS."""

    def authenticator(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        credentials = isinstance(data, LoginPassword) and (
            data.login.decode(),
            data.password.decode(),
        )
        return AuthResult(success=credentials == login)

    controller = Controller(
        mailbox,
        hostname=host,
        port=port or free_port(),
        tls_context=tls,
        require_starttls=tls is not None,
        authenticator=authenticator,
        auth_required=login is not None,
    )
    controller.start()
    try:
        yield f"{host}:{controller.port}"
    finally:
        controller.stop()


def own_address() -> str:
    """Return an address of this machine other than the loopback one; skip where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # takes a route, and sends nothing
        except OSError:
            pytest.skip("this machine has no network")
        return str(probe.getsockname()[0])


def body_of(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content())
