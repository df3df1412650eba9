"""The states of one's own page, of invented people."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import render_template

from zone.core.clock import utc_now
from zone.core.identity import Role
from zone.core.text import initials
from zone.core.time import helsinki_date
from zone.members.affiliations.queries import AffiliationView
from zone.members.push.queries import PushBrowserView
from zone.members.roles.pages import role_names
from zone.members.sign_in_sessions.queries import SignInSessionView
from zone.web.forms import FormState
from zone.web.states import State


@dataclass(frozen=True, slots=True)
class _Person:
    """What the page shows of a person's record."""

    name: str
    email: str = "milo@school.example"


@dataclass(frozen=True, slots=True)
class _Phone:
    """A phone, which a feature above offers to the page."""

    kid: str
    name: str
    since: datetime
    used_at: datetime | None


def _phones() -> list[_Phone]:
    now = utc_now()
    return [
        _Phone("aa", "Chrome, Android", now - timedelta(days=3), now),
        _Phone("bb", "Safari, iPhone", now - timedelta(days=60), None),
    ]


def _sessions() -> list[SignInSessionView]:
    now = utc_now()
    seen = ((now, "Firefox", "Windows"), (now - timedelta(days=1), "Chrome", "Android"))
    return [
        SignInSessionView(
            uuid.UUID(int=number), browser, system, at, at, now + timedelta(days=30), number == 0
        )
        for number, (at, browser, system) in enumerate(seen)
    ]


def _push_browsers() -> list[PushBrowserView]:
    now = utc_now()
    seen = ((now, "Chrome", "Android"), (now - timedelta(days=12), "Safari", "iPhone"))
    return [
        PushBrowserView(uuid.UUID(int=number), browser, system, at, number == 0, "invented")
        for number, (at, browser, system) in enumerate(seen)
    ]


def _studies(proven: bool) -> AffiliationView:
    until = helsinki_date(utc_now()) + timedelta(days=200) if proven else None
    return AffiliationView(uuid.UUID(int=7), "laurea", "Laurea", "student", "capital", True, until)


def _page(
    name: str = "Milo Olematon",
    affiliations: Sequence[AffiliationView] = (),
    phones: Sequence[_Phone] = (),
    roles: Sequence[Role] = (),
    done: str = "",
    push_browsers: Sequence[PushBrowserView] = (),
) -> str:
    today = helsinki_date(utc_now())
    return render_template(
        "members/people/me.html",
        member=_Person(name),
        form=FormState(),
        values={"name": name, "language": "en"},
        affiliations=affiliations,
        none_proven=not any(one.proven_until for one in affiliations),
        institution_options=[("laurea", "Laurea"), ("metropolia", "Metropolia")],
        onward="",
        sessions=_sessions(),
        initials=initials(name),
        today=today,
        yesterday=today - timedelta(days=1),
        done=done,
        roles=[role_names()[role] for role in roles],
        open_surveys=list,
        own_phones=lambda: phones,
        push_browsers=push_browsers,
    )


STATES: Final = (
    State("me", "new", lambda: _page("")),
    State("me", "not-proven", lambda: _page(affiliations=[_studies(proven=False)])),
    State("me", "phones", lambda: _page(affiliations=[_studies(proven=True)], phones=_phones())),
    State("me", "phone-taken-off", lambda: _page(phones=_phones()[:1], done="phone")),
    State("me", "notifications", lambda: _page(push_browsers=_push_browsers())),
    State("me", "notifications-off", lambda: _page(done="push-off")),
    State("me", "staff", lambda: _page(roles=[Role.DESK, Role.INSTRUCTOR])),
)
