"""A real SMTP server on a loopback port, for the tests of mail."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock
from typing import Any

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
        hostname="127.0.0.1",
        port=port or free_port(),
        tls_context=tls,
        require_starttls=tls is not None,
        authenticator=authenticator,
        auth_required=login is not None,
    )
    controller.start()
    try:
        yield f"127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def body_of(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content())
