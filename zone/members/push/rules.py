"""What an address of a push service looks like, what its answers mean, and the message. Pure."""

import ipaddress
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from zone.core.text import is_local_path
from zone.members.sign_in_sessions.rules import STUDENT_SESSION

MOST_SUBSCRIPTIONS: Final = 10
"""Browsers of one person."""
UNUSED: Final = STUDENT_SESSION
"""How long a subscription lasts in a browser in which its person was not here, nor signed out.

For service roles too, who are signed out after hours: what they get is about themselves.
"""
LONGEST_ENDPOINT: Final = 1000
LONGEST_TITLE: Final = 200
LONGEST_BODY: Final = 400
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")

# Longer than an attempt takes, because it is also the lease of a message.
FIRST_RETRY: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(days=1)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_PROTOCOLS: Final = ipaddress.ip_network("192.0.0.0/24")
"""Not public (RFC 6890), which Python knows from 3.11.10 on."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a browser at its push service, taken apart. `target`: path and query."""

    host: str
    port: int
    origin: str
    target: str


def endpoint_of(url: str) -> Endpoint:
    """Take the address of a push service apart.

    Raises:
        ValueError: it is not https, or nothing that a push service gives.
    """
    # Spaces, controls and letters beyond ASCII are read in different ways by different programs.
    if len(url) > LONGEST_ENDPOINT or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise ValueError("no address of a push service")
    parts = urlsplit(url)
    host, port = parts.netloc.lower(), parts.port
    if port is not None:
        host = host.removesuffix(f":{port}")
    if parts.scheme != "https" or not _HOST.fullmatch(host) or parts.fragment or port == 0:
        raise ValueError("no https address of a push service")
    origin = f"https://{host}" + (f":{port}" if port not in (None, 443) else "")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(host.strip("[]"), port or 443, origin, target)


def is_public(address: Address) -> bool:
    """Return whether an address belongs to the open internet, not to this machine or network."""
    # IPv6 addresses that stand for an IPv4 address are judged by that one.
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        inner = address.ipv4_mapped or address.sixtofour or (teredo and teredo[1])
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    elif address in _PROTOCOLS:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def bytes_of(text: str) -> bytes:
    """Return the bytes of a base64url text, with or without its padding.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]*={0,2}", text):
        raise ValueError("no base64url")
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def payload_of(title: str, body: str, *, path: str, topic: str, language: str) -> str:
    """Return what the browser shows, as JSON; a tap opens `path`, `topic` replaces an older one."""
    if not is_local_path(path):
        raise ValueError("a notification opens a page of ours only")
    shown = {"title": title[:LONGEST_TITLE], "body": body[:LONGEST_BODY]}
    return json.dumps(shown | {"path": path, "tag": topic, "lang": language}, ensure_ascii=False)


class PushOutcome(Enum):
    """What the answer of a push service means."""

    ACCEPTED = "it will show the message when the browser can be reached"
    GONE = "the browser has no such subscription any more"
    LATER = "the same message may be taken later"
    REFUSED = "this message is not taken, now or later"


def outcome_of(status: int) -> PushOutcome:
    """Return what a status means (RFC 8030, sections 5 and 7.3; a redirect is not followed)."""
    if 200 <= status < 300:
        return PushOutcome.ACCEPTED
    if status in (404, 410):
        return PushOutcome.GONE
    return PushOutcome.LATER if status in (408, 429) or status >= 500 else PushOutcome.REFUSED


def retry_at(attempts: int, wait: timedelta | None, now: datetime) -> datetime:
    """Return when to try again after the n-th attempt: 1, 2, 4 … minutes, or later if asked to."""
    return now + max(FIRST_RETRY * (1 << min(attempts - 1, 10)), wait or timedelta())


def wait_of(retry_after: str | None, now: datetime) -> timedelta | None:
    """Return the wait that a header Retry-After asks for; `now` by the machine's own clock."""
    if retry_after is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        wait = timedelta(seconds=int(retry_after))
    else:
        try:
            wait = parsedate_to_datetime(retry_after) - now
        except (ValueError, TypeError):  # unreadable, or without a time zone
            return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
