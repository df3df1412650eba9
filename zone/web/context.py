"""What a view needs around it: settings, jobs, the id of the request, and the address that it is counted for."""

import ipaddress
import re
import secrets
from collections.abc import Sequence
from typing import Final

from flask import Flask, Request, Response, current_app, g, has_request_context, request

from zone.core.config import SETTINGS_KEY, Settings
from zone.core.invariants import Invariant
from zone.core.jobs.service import Job
from zone.core.personal_data import PersonalData

REQUEST_ID: Final = "X-Request-ID"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What a proxy in front may call a request: enough for a UUID, too little for an address or an injected line."""


def settings_of(app: Flask) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = app.extensions[SETTINGS_KEY]
    return settings


def current_settings() -> Settings:
    """The settings of the application that serves this request."""
    return settings_of(current_app)


def install(app: Flask) -> None:
    """Give every request its name, and tell it to whoever asked."""
    app.before_request(_name_request)
    app.after_request(_tell_request_id)


def request_id() -> str | None:
    """The name of this request, by which its log lines are found; None outside of one."""
    found: str | None = g.get("request_id") if has_request_context() else None
    return found


def _name_request() -> None:
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _TOKEN.fullmatch(given) else secrets.token_hex(16)


def _tell_request_id(response: Response) -> Response:
    name = request_id()
    if name is not None:
        response.headers[REQUEST_ID] = name
    return response


def client_address(request: Request) -> str:
    """Whom a request is counted for: its IPv4 address, or the /64 network that one IPv6 client owns."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


JOBS_KEY: Final = "zone_jobs"


def jobs_of(app: Flask) -> Sequence[Job]:
    """The jobs of this service, in the order in which the scheduler lists them."""
    jobs: Sequence[Job] = app.extensions[JOBS_KEY]
    return jobs


PERSONAL_DATA_KEY: Final = "zone_personal_data"


def personal_data_of(app: Flask) -> Sequence[PersonalData]:
    """Return what the features of an application declare about people."""
    declared: Sequence[PersonalData] = app.extensions[PERSONAL_DATA_KEY]
    return declared


INVARIANTS_KEY: Final = "zone_invariants"


def invariants_of(app: Flask) -> Sequence[Invariant]:
    """Return what the features of an application declare must hold of their rows."""
    invariants: Sequence[Invariant] = app.extensions[INVARIANTS_KEY]
    return invariants
