"""Connections to the mail server: encrypted, or to this machine."""

import ipaddress
import smtplib
import ssl
from contextlib import ExitStack
from typing import Final

from zone.core.mail.addresses import parse_server

# The timeout of each step of the conversation.
SMTP_SECONDS: Final = 10


def connect(smtp_url: str) -> smtplib.SMTP:
    """Connect to the mail server: with TLS from the start (smtps), or STARTTLS.

    Only a server on this machine may do without. The certificate is verified with the system's
    authorities, or those in SSL_CERT_FILE.

    Raises:
        OSError, smtplib.SMTPException: it is unreachable, its certificate is invalid, it refused
            the password, or it would take mail unencrypted over the network.
    """
    named = parse_server(smtp_url)
    tls = ssl.create_default_context()
    if named.smtps:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            named.host, named.port, timeout=SMTP_SECONDS, context=tls
        )
    else:
        server = smtplib.SMTP(named.host, named.port, timeout=SMTP_SECONDS)
    # Close the connection if one of the next steps fails; `pop_all` keeps it open after success.
    with ExitStack() as failing:
        failing.callback(server.close)
        _greet(server, tls, encrypted=named.smtps)
        if named.user:
            _log_in(server, named.user, named.password)
        failing.pop_all()
    return server


def _greet(server: smtplib.SMTP, tls: ssl.SSLContext, *, encrypted: bool) -> None:
    server.ehlo_or_helo_if_needed()
    if not encrypted and server.has_extn("starttls"):
        server.starttls(context=tls)
        # RFC 3207, section 4.2: what was learnt before TLS must be discarded.
        server.ehlo()
        return
    # Whoever sits in between can take the offer of STARTTLS out of the answer (RFC 3207, section
    # 6), and would then read every sign-in code.
    if not encrypted and server.sock is not None and not _is_local(server.sock.getpeername()[0]):
        raise smtplib.SMTPNotSupportedError(
            "the server offers no STARTTLS, and mail is not sent unencrypted to another machine"
        )


def _is_local(address: str) -> bool:
    # The address of the connection, not the host of the setting: a name may lead anywhere.
    named = ipaddress.ip_address(address.partition("%")[0])
    # `::ffff:127.0.0.1` is 127.0.0.1; Python says so of itself from 3.13 on.
    mapped = named.ipv4_mapped if isinstance(named, ipaddress.IPv6Address) else None
    return (mapped or named).is_loopback


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    if not isinstance(server.sock, ssl.SSLSocket):
        raise smtplib.SMTPNotSupportedError("a password is not sent unencrypted")
    server.login(user, password)
