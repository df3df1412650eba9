"""The sender and the mail server as settings name them, read by those who use them. Pure."""

from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from typing import Final
from urllib.parse import unquote, urlsplit

PORTS: Final = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to send mail: `smtps` begins with TLS; no `user`: no password is needed."""

    host: str
    port: int
    smtps: bool
    user: str
    password: str


def header_text(text: str) -> str:
    """Return the text such that the header of a mail says it as it stands, but for a space.

    Python reads an encoded word (`=?utf-8?q?=0A?=`, RFC 2047) in a text that it is given: a line
    break in it would begin another header.
    """
    return text.replace("=?", "= ?")


def parse_sender(text: str) -> Address:
    """Return the sender in `Name <address>`, or an address alone; the name may hold anything.

    Raises:
        ValueError: it cannot be written into a mail.
    """
    # Not `parseaddr` nor the header's own parser: both end the name at its first comma.
    name, bracket, rest = text.strip().rpartition("<")
    address = rest.removesuffix(">") if bracket else rest
    if bracket and not rest.endswith(">"):
        raise ValueError("the address does not end with >")
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"')
    user, at, host = address.rpartition("@")
    if not (user and at and host) or not address.isascii() or not text.isprintable():
        raise ValueError("no address such as zone@example.org")
    try:
        sender = Address(display_name=header_text(name), addr_spec=address)
        str(sender)
    except (MessageError, ValueError, LookupError, AttributeError) as error:
        raise ValueError("it cannot be written into a mail") from error
    return sender


def parse_server(url: str) -> MailServer:
    """Return the mail server of an smtp:// or smtps:// address.

    Raises:
        ValueError: it is no such address, its port is none, its host cannot be looked up, or
            smtplib cannot send the user or the password, or there is a password without a user.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("no smtp:// or smtps:// address")
    # A `#`, `?` or `/` of a user or a password ends the host where it is not written as %23: what
    # stands before it would be asked for, and the password left out.
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("something follows the host")
    if parts.port == 0:
        raise ValueError("nobody answers at port 0")
    # As the look-up does, which raises an error that is neither of the network nor of SMTP.
    parts.hostname.encode("idna")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise ValueError("smtplib sends a user and a password in ASCII only")
    if password and not user:
        raise ValueError("a password without a user")
    return MailServer(
        parts.hostname,
        PORTS[parts.scheme] if parts.port is None else parts.port,
        parts.scheme == "smtps",
        user,
        password,
    )


def parse_web_address(url: str) -> tuple[str, int | None]:
    """Return host and port of an http:// or https:// address.

    Raises:
        ValueError: its port is none, or its host cannot be looked up.
    """
    parts = urlsplit(url)
    (parts.hostname or "").encode("idna")
    if parts.port == 0:
        raise ValueError("nobody answers at port 0")
    return parts.hostname or "", parts.port
