"""Connections to the mail server: encrypted wherever the server offers it, and verified."""

import smtplib
import ssl
from contextlib import ExitStack
from typing import Final
from urllib.parse import unquote, urlsplit

SMTP_SECONDS: Final = 10


def connect(smtp_url: str) -> smtplib.SMTP:
    """A connection to the mail server, encrypted from the start (smtps) or as soon as the server offers it.

    The certificate is always checked, against the system's authorities or those in SSL_CERT_FILE.

    Raises:
        OSError, smtplib.SMTPException: it could not be reached, is not who it says, or refused the password.
    """
    url = urlsplit(smtp_url)
    tls = ssl.create_default_context()
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, url.port or 465, timeout=SMTP_SECONDS, context=tls
        )
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=SMTP_SECONDS)
    with ExitStack() as failing:
        failing.callback(server.close)
        _greet(server, tls, encrypted=url.scheme == "smtps")
        if url.username:
            _log_in(server, unquote(url.username), unquote(url.password or ""))
        failing.pop_all()
    return server


def _greet(server: smtplib.SMTP, tls: ssl.SSLContext, *, encrypted: bool) -> None:
    server.ehlo_or_helo_if_needed()
    if not encrypted and server.has_extn("starttls"):
        server.starttls(context=tls)
        server.ehlo()


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    if not isinstance(server.sock, ssl.SSLSocket):
        raise smtplib.SMTPNotSupportedError("a password is not sent unencrypted")
    server.login(user, password)
