"""Read the public front page, in about a dozen statements whatever there is to show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.access.busyness.queries import Busyness, busyness_by_campus, usual_weeks
from zone.access.busyness.rules import UsualWeek, counted_at
from zone.access.doors_out.queries import doors_out
from zone.access.doors_out.rules import BROKEN, DoorsOut, may_be_needed
from zone.access.front_page.views import (
    COURT_MINUTES,
    CampusToday,
    FreeCourt,
    FrontPage,
    OtherHours,
)
from zone.access.shutdowns.queries import open_shutdowns
from zone.booking.policies import queries as policies_queries
from zone.booking.policies.rules import Policy
from zone.booking.reservations import context as courts_context
from zone.booking.reservations import queries as reservations_queries
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.views import SessionView
from zone.core.i18n import LANGUAGES
from zone.core.time import day_window, helsinki_date
from zone.passes.shop.queries import price_lists
from zone.places.campuses import queries as campuses_queries
from zone.places.campuses.models import Campus
from zone.places.opening_hours import queries as opening_hours_queries
from zone.places.opening_hours import rules as opening_hours_rules
from zone.places.opening_hours.queries import CampusHours

LONGEST: Final = timedelta(days=1)
"""The longest weekly class (`ck_session_rule_minutes`): one of yesterday may still run."""
SOON: Final = timedelta(days=7)
"""How far ahead other hours are shown, and a class with a free place is looked for."""
LATER: Final = timedelta(weeks=8)
"""How far ahead the page of campuses shows other hours: Christmas from late October on."""


def front_page(session: Session, now: datetime) -> FrontPage:
    """Return what the front page shows to everybody."""
    today = helsinki_date(now)
    campuses = campuses_queries.campuses(session)
    hours = opening_hours_queries.hours_by_campus(
        session,
        today - opening_hours_rules.A_DAY,
        today + LATER,
    )
    other = _other_hours(campuses, hours, today)
    busyness, usual = busyness_by_campus(session, now), usual_weeks(session, now)
    policies = policies_queries.policies(session.connection(), now)
    midnight, next_midnight = day_window(today)
    page = FrontPage(
        now=now,
        counted=counted_at(now),
        policies=policies,
        today=[
            one
            for one in _sessions(session, midnight - LONGEST, next_midnight)
            if one.ends_at > midnight
        ],
        later=[],
        court=_free_court(session, today, policies.of(), now),
        campuses=[
            _campus(
                campus,
                hours.get(campus.id, CampusHours()),
                busyness.get(campus.id),
                usual.get(campus.id, UsualWeek()),
                now,
            )
            for campus in campuses
        ],
        other_hours=[one for one in other if one.day <= today + SOON],
        later_hours=[one for one in other if one.day > today + SOON],
        roles=price_lists(session, {campus.code: campus.name for campus in campuses}, today),
        shut=open_shutdowns(session),
    )
    page = replace(page, broken=_broken(doors_out(session), page))
    return page if page.next_free else _with_later_sessions(session, page, today)


def _broken(found: Sequence[DoorsOut], page: FrontPage) -> list[DoorsOut]:
    """Return the doors that do not work and that somebody may need soon."""
    states = {campus.code: campus.state for campus in page.campuses}
    return [
        out
        for out in found
        if out.kind == BROKEN
        and may_be_needed(
            out.place,
            is_open=states[out.place.campus].is_open,
            opens_at=states[out.place.campus].opens_at,
            now=page.now,
        )
    ]


def _with_later_sessions(session: Session, page: FrontPage, today: date) -> FrontPage:
    """Return the page with the sessions of the days to come: none of today has a place."""
    tomorrow = day_window(today)[1]
    # Tomorrow alone first: it mostly has a free place, and a week has many more sessions to read.
    for ahead in (opening_hours_rules.A_DAY, SOON):
        page = replace(page, later=_sessions(session, tomorrow, tomorrow + ahead))
        if page.next_free:
            break
    return page


def _sessions(session: Session, start: datetime, end: datetime) -> list[SessionView]:
    # Without a reader: what guests see, so no hidden group is among them.
    views = sessions_queries.sessions(session, (start, end))
    return [view for view in views if view.state != "cancelled"]


def _free_court(session: Session, today: date, policy: Policy, now: datetime) -> FreeCourt | None:
    connection = session.connection()
    # Almost always one is free today: reading the holds of a week takes ten times as long.
    found = courts_context.courts_of_campus(connection, [today], policy).first_free(
        now, COURT_MINUTES
    ) or reservations_queries.next_free(connection, today, policy, "", COURT_MINUTES, now)
    return FreeCourt(found[0], found[1].starts_at) if found else None


def _campus(
    campus: Campus,
    hours: CampusHours,
    busyness: Busyness | None,
    usual: UsualWeek,
    now: datetime,
) -> CampusToday:
    return CampusToday(
        code=campus.code,
        name=campus.name,
        street=campus.street,
        place=f"{campus.postal_code} {campus.city}" if campus.street else None,
        map_url=campuses_queries.map_of(campus),
        state=opening_hours_rules.open_state(hours.week, hours.exceptions, now),
        reason=hours.reasons.get(helsinki_date(now)),
        busyness=busyness,
        position=campuses_queries.position_of(campus),
        usual=usual,
    )


def _other_hours(
    campuses: Sequence[Campus], hours: Mapping[int, CampusHours], today: date
) -> list[OtherHours]:
    """Return the days to come that have other hours.

    Campuses with the same hours for the same reason share one entry.
    """
    same: dict[tuple[date, opening_hours_rules.DayHours | None, tuple[str, ...]], list[str]] = {}
    for campus in campuses:
        own = hours.get(campus.id, CampusHours())
        for day, reasons in own.reasons.items():
            if day > today:
                key = (day, own.exceptions[day], tuple(reasons.values()))
                same.setdefault(key, []).append(campus.name)
    return [
        OtherHours(
            day,
            opening_hours_rules.openings_on(day, [], {day: opened}),
            dict(zip(LANGUAGES, reasons, strict=True)),
            names,
            len(names) == len(campuses),
        )
        for (day, opened, reasons), names in sorted(
            same.items(), key=lambda item: (item[0][0], item[1])
        )
    ]
