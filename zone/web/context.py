"""Settings, jobs and personal data of the application; the id and the client of a request."""

import ipaddress
import logging
import re
import secrets
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Flask, Request, current_app, g, has_request_context
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from zone.core.config import SETTINGS_KEY, Settings
from zone.core.invariants import Invariant
from zone.core.jobs.rules import Job
from zone.core.personal_data import PersonalData
from zone.web.states import State

JOBS_KEY: Final = "zone_jobs"
PERSONAL_DATA_KEY: Final = "zone_personal_data"
REQUEST_ID: Final = "X-Request-ID"
# The ids that a proxy may give: long enough for a UUID, without the characters of an e-mail address
# or of a second line in the log.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
TRANSLATED_HERE: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
"""For the translators of one network (RFC 8215), which choose where in it the IPv4 address is."""
# As some proxies write an address. All of their clients would be "unknown", which is one.
_WITH_PORT: Final = re.compile(r"(?P<v4>[0-9.]+):\d+|\[(?P<v6>[^]]+)\](:\d+)?")


def settings_of(app: Flask) -> Settings:
    """Return the settings that the application was made with."""
    settings: Settings = app.extensions[SETTINGS_KEY]
    return settings


def current_settings() -> Settings:
    """Return the settings of the application that serves this request."""
    return settings_of(current_app)


def request_id() -> str | None:
    """Return the id of this request, which its log lines carry; None outside of a request."""
    found: str | None = g.get("request_id") if has_request_context() else None
    return found


def request_id_of(request: Request) -> str:
    """Return the id that a proxy gave the request, or a new one."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _TOKEN.fullmatch(given) else secrets.token_hex(16)


def client_address(request: Request) -> str:
    """Return the client that rate limits count: an IPv4 address, or an IPv6 /64 network."""
    named = (request.remote_addr or "").strip()
    if behind := _WITH_PORT.fullmatch(named):
        named = behind["v4"] or behind["v6"]
    try:
        address = ipaddress.ip_address(named)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        # A server that listens on IPv6 for both sees IPv4 clients so: in one /64, all of them.
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        # So does one that an IPv4 client reaches through a translator (RFC 6052).
        if address in TRANSLATED:
            return str(ipaddress.IPv4Address(address.packed[-4:]))
        if address in TRANSLATED_HERE:
            return str(address)
        # One subscriber has a whole /64 and could take a new address for each request.
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def jobs_of(app: Flask) -> Sequence[Job]:
    """Return the jobs of this service, in the order in which the scheduler lists them."""
    jobs: Sequence[Job] = app.extensions[JOBS_KEY]
    return jobs


def personal_data_of(app: Flask) -> Sequence[PersonalData]:
    """Return what the features of an application declare about people."""
    declared: Sequence[PersonalData] = app.extensions[PERSONAL_DATA_KEY]
    return declared


ENDED_RIGHTS_KEY: Final = "zone_ended_rights"
EndedRights = Callable[[Sequence[int], datetime], int]
"""Ends what rests on the rights of members, in transactions of its own; safe to repeat."""

_log = logging.getLogger(__name__)


def end_what_rests_on(member_ids: Sequence[int], now: datetime) -> None:
    """Let the features end what rests on rights of these members that a commit has just ended."""
    listeners: Sequence[EndedRights] = current_app.extensions[ENDED_RIGHTS_KEY]
    for listener in listeners:
        try:
            listener(member_ids, now)
        except SQLAlchemyError:
            # The right has ended all the same, and the features' jobs do this again.
            _log.warning("what rested on an ended right is left to the job")


BOOKING_NOTICES_KEY: Final = "zone_booking_notices"
BookingNotices = Callable[[Session, int, str, datetime], Mapping[uuid.UUID, str]]
"""(session, member, language, now) → sentences by booking."""


def booking_notices(
    session: Session, member_id: int, language: str, now: datetime
) -> Mapping[uuid.UUID, str]:
    """Return what the features above have to say of a person's bookings, by booking."""
    known: Sequence[BookingNotices] = current_app.extensions[BOOKING_NOTICES_KEY]
    return {
        booking: text
        for ask in known
        for booking, text in ask(session, member_id, language, now).items()
    }


CLASS_PARTS_KEY: Final = "zone_class_parts"
ClassParts = Callable[[Session, uuid.UUID, datetime], str]
"""(session, class, now) → HTML of the page of a class; empty where there is nothing to say."""


def class_parts(session: Session, class_session: uuid.UUID, now: datetime) -> list[Markup]:
    """Return what the features above show on the page of a class."""
    known: Sequence[ClassParts] = current_app.extensions[CLASS_PARTS_KEY]
    parts = (ask(session, class_session, now) for ask in known)
    # Each comes from a template, which has escaped what it prints.
    return [Markup(part) for part in parts if part]  # noqa: S704


STATES_KEY: Final = "zone_states_of_screens"


def states_of_screens() -> Sequence[State]:
    """Return the states that the features give of their screens."""
    states: Sequence[State] = current_app.extensions[STATES_KEY]
    return states


INVARIANTS_KEY: Final = "zone_invariants"


def invariants_of(app: Flask) -> Sequence[Invariant]:
    """Return what the features of an application declare must hold of their rows."""
    invariants: Sequence[Invariant] = app.extensions[INVARIANTS_KEY]
    return invariants


SHARED_ACCESS_KEY: Final = "zone_shared_access"
ALSO_END: Final = "also_end"
"""The name of the boxes that end it."""


@dataclass(frozen=True, slots=True)
class SharedAccess:
    """What reads a person's own data without a sign-in, as the address of a calendar feed does.

    It goes on when they sign out, unless they end it with that. `label` offers to; `is_open` says
    whether a person has it, `end` ends it. Both take (session, member).
    """

    name: str
    label: Any
    is_open: Callable[[Session, int], bool]
    end: Callable[[Session, int], None]


def shared_access_of(session: Session, member_id: int) -> list[SharedAccess]:
    """Return what reads a person's data without a sign-in now."""
    known: Sequence[SharedAccess] = current_app.extensions[SHARED_ACCESS_KEY]
    return [one for one in known if one.is_open(session, member_id)]


def end_shared_access(
    session: Session, member_id: int, chosen: Collection[str] | None = None
) -> None:
    """End what reads a person's data without a sign-in: those of these names, or all."""
    for one in shared_access_of(session, member_id):
        if chosen is None or one.name in chosen:
            one.end(session, member_id)
