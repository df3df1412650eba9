"""The states of the pass page, as its script shows them, and of the pages beside it.

The script draws the pass in the phone, from what the phone keeps. Here the same elements are
shown and filled on the server, from an invented answer of `/api/v1/me/pass`, and the script is
left out.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from typing import Any, Final

from flask_babel import gettext as _
from markupsafe import escape

from zone.access.credentials.errors import TOO_MANY_KEYS
from zone.access.doors_out.rules import sentence
from zone.access.doors_out.states import BROKEN
from zone.access.pass_page import pages
from zone.booking.timetable.states import HALL, NOW, TODAY, invented_class
from zone.core.formats import format_clock, format_date, format_day
from zone.core.text import initials
from zone.core.time import from_helsinki, helsinki_date
from zone.passes.catalogue.rules import ENTITLEMENTS
from zone.passes.entitlements.rules import Conditions, Rights, UseHours
from zone.passes.entitlements.views import given_in_words
from zone.web.images import qr_path
from zone.web.language import language
from zone.web.states import State

NAME: Final = "Milo Olematon"
PRODUCT: Final = {
    "fi": "Liikuntapassi, lukukausi",
    "sv": "Motionskort, termin",
    "en": "Sports pass, one term",
}
CODE: Final = "Z1" + "INVENTED:0123456789 $%*+-./" * 4 + "OPENSNONE"
"""As long as the everyday code, and refused as malformed."""
CODE_STATES: Final = ("valid", "expires_soon")
PHONES: Final = (("Chrome, Android", True), ("Safari, iPhone", False))

_PART: Final = re.compile(r'<(\w+)([^<>]*) data-(show|flag)="([\w ]+)"([^<>]*)>')
_VALUE: Final = re.compile(r'<(\w+)([^<>]*) data-fill="(\w+)"([^<>]*)></')
_SENTENCE: Final = re.compile(r' data-text="([^"]*)"')
_SCRIPT: Final = re.compile(r'<script type="module"[^<>]*></script>')
_PROBLEM: Final = re.compile(r'(id="problem"[^<>]*>)')
_LANGUAGE: Final = re.compile(r'(<button type="submit" name="language")')
_ROW: Final = re.compile(r'<template id="device">(.*?)</template>', re.DOTALL)


def _pass(**values: Any) -> dict[str, Any]:
    """Return an answer as `OwnPassSchema` shows it: a pass of the term, unless said otherwise."""
    return {
        "name": NAME,
        "product": PRODUCT,
        "valid_from": _midnight(date(2026, 8, 1)),
        "valid_until": _midnight(date(2027, 7, 26)),
        "visits": None,
        "visits_left": None,
        "campuses": [],
        "gives": given_in_words(Rights(ENTITLEMENTS)),
        "next_booking": None,
    } | values


def _midnight(day: date) -> datetime:
    return from_helsinki(day, clock_time())


def _booking(days: int) -> dict[str, Any]:
    view = invented_class(7, TODAY + timedelta(days=days), 17)
    return {
        "starts_at": view.starts_at,
        "name": view.name,
        "campus": view.campus_name,
        "space": HALL[language()],
    }


def _values(held: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts that the script fills in."""
    now, shown = language(), dict[str, str]()
    if held["product"]:
        last = held["valid_until"] - timedelta(milliseconds=1)
        shown["product"] = held["product"][now]
        shown["until"] = format_date(last, now)
        shown["from"] = format_date(held["valid_from"], now)
        shown["gives"] = " · ".join(line[now] for line in held["gives"])
    if held["visits"]:
        shown["visits"] = f"{held['visits_left']}/{held['visits']}"
    if booking := held["next_booking"]:
        at = booking["starts_at"]
        shown["booking_day"] = _("Today") if helsinki_date(at) == TODAY else format_day(at, now)
        shown["booking_time"] = format_clock(at, now)
        shown["booking_name"] = booking["name"][now]
        shown["door_notice"] = booking["door_notice"]
        shown["booking_place"] = f"{booking['campus']}, {booking['space']}"
    return shown | {
        "name": held["name"],
        "initials": initials(held["name"]),
        "campuses": ", ".join(held["campuses"]) or _("All campuses"),
        "clock": f"{format_clock(NOW, now)}.05",
        "left": "5",
    }


def _page(
    state: str,
    held: Mapping[str, Any] | None = None,
    *,
    flags: Collection[str] = (),
    booked: int | None = None,
    door_notice: Callable[[], str] = str,
    phones: Sequence[tuple[str, bool]] = (),
    problem: Callable[[], str] = str,
) -> str:
    """Return the page; `booked` is in how many days the next booking is."""
    held = _pass() if held is None else held
    if booked is not None:
        held = {**held, "next_booking": _booking(booked) | {"door_notice": door_notice()}}
    offered = {
        "booking": held["next_booking"],
        "devices": phones,
        "problem": problem(),
        "visits": held["visits"],
        "gives": held["product"] and held["gives"],
    }
    shown = {state, *flags, *(name for name, there in offered.items() if there)}
    html = _SCRIPT.sub("", pages.show())
    html = _PART.sub(partial(_show, shown), html)
    html = _VALUE.sub(partial(_fill, _values(held)), html)
    html = _PROBLEM.sub(rf"\1{escape(problem())}", _with_phones(html, phones))
    html = _with_code(html) if state in CODE_STATES else html
    return _LANGUAGE.sub(r"\1 disabled", html) if "offline" in flags else html


def _show(shown: Collection[str], found: re.Match[str]) -> str:
    tag, before, kind, names, after = found.groups()
    hidden = "" if set(names.split()) & set(shown) else " hidden"
    return f'<{tag}{before} data-{kind}="{names}"{after.removesuffix(" hidden")}{hidden}>'


def _fill(values: Mapping[str, str], found: re.Match[str]) -> str:
    tag, before, name, after = found.groups()
    sentence = _SENTENCE.search(after)
    text = escape(values.get(name, ""))
    whole = sentence[1].replace("{}", text) if sentence else text
    return f'<{tag}{before} data-fill="{name}"{after}{"" if text else " hidden"}>{whole}</'


def _with_phones(html: str, phones: Sequence[tuple[str, bool]]) -> str:
    """Return the page with a row for each phone; the bool says whether it is this one."""
    row = _ROW.search(html)
    rows = "".join(_phone(row[1], *phone) for phone in phones) if row else ""
    return html.replace('id="device-list">', f'id="device-list">{rows}')


def _phone(row: str, label: str, own: bool) -> str:
    part = 'data-part="remove"' if own else 'data-part="own"'
    named = row.replace('data-part="label">', f'data-part="label">{label}')
    named = named.replace('class="vh">', f'class="vh"> {label}')
    return named.replace(part, f"{part} hidden")


def _with_code(html: str) -> str:
    """Return the page with the code drawn, and half of its time gone."""
    side, path = qr_path(CODE)
    return (
        html.replace('viewBox="0 0 45 45"', f'viewBox="0 0 {side} {side}"')
        .replace('class="paper" d=""', f'class="paper" d="M0 0h{side}v{side}h-{side}z"')
        .replace('class="ink" d=""', f'class="ink" d="{path}"')
        .replace('id="ring"', 'id="ring" stroke-dashoffset="50"')
    )


def _without_script() -> str:
    """Return the page of a browser that runs no script: all of it that needs one is hidden."""
    return _page("no_script").replace("<noscript>", "").replace("</noscript>", "")


_NO_PASS: Final = partial(_pass, product=None, valid_from=None, valid_until=None)
_SOON: Final = partial(_pass, valid_until=_midnight(TODAY + timedelta(days=6)))
_TEN_VISITS: Final = partial(_pass, visits=10, visits_left=7)
_MORNINGS: Final = partial(
    _pass,
    gives=given_in_words(
        Rights(["gym", "class"], conditions=Conditions((UseHours((1, 2, 3, 4, 5), 0, 840),), 1, 2))
    ),
)
_ENDED: Final = partial(_pass, valid_until=_midnight(TODAY - timedelta(days=1)))
_LATER: Final = partial(_pass, valid_from=_midnight(date(2027, 1, 11)))
_CAMPUSES: Final = partial(_pass, campuses=["Arcada Arabia", "Metropolia Myyrmäki"])

_PAGES: Final[tuple[tuple[str, Callable[[], str]], ...]] = (
    ("opening", partial(_page, "loading")),
    ("valid", partial(_page, "valid", booked=0, phones=PHONES)),
    (
        "valid-and-the-door-is-broken",
        partial(_page, "valid", booked=0, door_notice=lambda: sentence(BROKEN, language())),
    ),
    ("valid-at-some-campuses", lambda: _page("valid", _CAMPUSES(), booked=1, phones=PHONES[:1])),
    ("valid-of-ten-visits", lambda: _page("valid", _TEN_VISITS(), phones=PHONES[:1])),
    ("valid-on-conditions", lambda: _page("valid", _MORNINGS(), phones=PHONES[:1])),
    ("valid-offline", partial(_page, "valid", flags=["offline"], booked=0)),
    ("valid-and-signed-out", partial(_page, "valid", flags=["signed_out"])),
    ("clock-corrected", partial(_page, "valid", flags=["clock_corrected"], phones=PHONES)),
    ("ends-soon", lambda: _page("expires_soon", _SOON(), booked=1, phones=PHONES[:1])),
    ("ended", lambda: _page("expired", _ENDED(), phones=PHONES[:1])),
    ("not-begun", lambda: _page("not_yet", _LATER(), phones=PHONES[:1])),
    ("paused", partial(_page, "paused", phones=PHONES[:1])),
    ("suspended", partial(_page, "suspended", phones=PHONES[:1])),
    ("no-pass", lambda: _page("no_pass", _NO_PASS())),
    ("not-on-this-phone", partial(_page, "no_key", booked=1)),
    ("moved", partial(_page, "moved", phones=PHONES[1:])),
    (
        "refused",
        lambda: _page("no_key", problem=lambda: TOO_MANY_KEYS.text(language())),
    ),
    ("clock-wrong", partial(_page, "clock_wrong", flags=["offline"])),
    ("connect-once", partial(_page, "connect_once", flags=["offline"])),
    ("browser-keeps-nothing", partial(_page, "no_storage")),
    ("no-script", _without_script),
    ("printed-code", pages.printed),
    ("another-page-offline", pages.offline),
)
STATES: Final = tuple(State("pass", name, page) for name, page in _PAGES)
