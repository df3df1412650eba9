"""The invented service of demos and tests, from example.toml."""

import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.models import Activity
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.weekly_classes import service as weekly_classes
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.rules import Weekly, weekly
from zone.core.config import Settings
from zone.core.i18n import LANGUAGES
from zone.core.mail_words.models import MailWords
from zone.core.mail_words.queries import newest_words
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import first_values
from zone.core.time import from_helsinki, helsinki_date
from zone.demo import example_shop
from zone.demo.example_shop import Row, names_of_row
from zone.demo.terms import Span, terms_around
from zone.feedback.accessibility import service as accessibility
from zone.feedback.surveys import service as surveys
from zone.feedback.surveys.models import Survey
from zone.feedback.surveys.rules import NewQuestion, NewSurvey
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.people import queries as people_queries
from zone.members.people import service as people
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.rules import last_day
from zone.passes.passes import service as passes
from zone.places.campuses import service as campuses
from zone.places.campuses.models import Campus
from zone.places.campuses.queries import campus_by_code
from zone.places.holidays import service as holidays
from zone.places.holidays.queries import planned_holidays
from zone.places.opening_hours import service as opening_hours
from zone.places.opening_hours.models import OpeningHours
from zone.places.opening_hours.queries import exceptions_from
from zone.places.spaces import service as spaces
from zone.places.spaces.models import Space
from zone.places.terms import rules as terms_rules
from zone.places.terms import service as terms
from zone.places.terms.models import Season
from zone.places.terms.queries import season_on

FILE: Final = Path(__file__).with_name("example.toml")
SELLER: Final[dict[str, Any]] = {
    "seller_name": "Esimerkki Liikuntapalvelut",
    "seller_address": "Esimerkkikatu 1, 00100 Helsinki",
    "seller_business_id": "1234567-1",
}
"""An invented seller, without which nothing is sold."""
SOON: Final = timedelta(minutes=10)
"""A class that starts this long from now, or up to 15 minutes later, can be booked and entered."""
PROVEN_DAYS: Final = 300
NO_CLOSED_DAYS: Final = timedelta(weeks=2)
"""For how long no public holiday closes a demo, whenever it is started."""
PLANNED: Final = timedelta(weeks=16)
"""How far ahead the public holidays are planned."""


def load(session: Session, settings: Settings, now: datetime, path: Path = FILE) -> None:
    """Load everything in the file. Loading it again changes nothing."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    today = helsinki_date(now)
    for span in terms_around(data["season"], today):
        _season(session, span, today.year, now)
    for row in data["address"]:
        campus = campus_by_code(session, row["campus"])
        address = {name: value for name, value in row.items() if name != "campus"}
        campuses.ensure_address(session, campus, **address)
    _hours(session, data["hours"], today.year)
    _holidays(session, data["holidays"], now)
    _other_hours(session, data["other_hours"], today)
    if session.get(BookingPolicy, 1) is None:  # a manager's own numbers stay
        session.add(BookingPolicy(id=1, **data["policy"]))
        session.add(BookingPolicy(affiliated_as="staff", **data["policy_of_staff"]))
    _service(session, data["service"], settings)
    _mail_words(session, data["mail_words"], now)
    for row in [
        data["hall"],
        data["studio"],
        data["small_studio"],
        data["gym"],
        *(data["hall"] | court for court in data["court"]),
    ]:
        _space(session, row)
    example_shop.load(session, data, settings, now)
    for row in data["person"]:
        _person(session, row, now)
    for row in data["class"]:
        _class(session, row, now)
    offered = {row["name"]["en"]: _class_details(session, row).activity for row in data["class"]}
    example_shop.choose_activities(session, data["product"], offered)
    _survey(session, data["survey"], settings, now)
    _accessibility_feedback(session, data["accessibility_feedback"], settings, now)


def _service(session: Session, row: Row, settings: Settings) -> None:
    if session.get(ServiceProfileRow, 1) is None:
        values = first_values(settings).values | dict(row)
        session.add(ServiceProfileRow(id=1, **values))


def _mail_words(session: Session, row: Row, now: datetime) -> None:
    if newest_words(session, row["template"]).version == 0:
        session.add_all(
            MailWords(
                template=row["template"],
                language=language,
                version=1,
                changed_at=now,
                **row[language],
            )
            for language in LANGUAGES
        )


def _accessibility_feedback(
    session: Session, rows: Iterable[Row], settings: Settings, now: datetime
) -> None:
    for row in rows:
        accessibility.receive(
            session,
            public_id=UUID(row["id"]),
            message=row["message"],
            email=row["email"],
            language=row["language"],
            settings=settings,
            now=now - timedelta(days=row["days_ago"]),
        )


def _season(session: Session, span: Span, year: int, now: datetime) -> None:
    code = f"{year}-{span.kind}"
    if session.scalar(select(Season.id).where(Season.code == code)) is None:
        breaks = () if span.regular else tuple(terms_rules.weeks_between(span.first, span.last))
        terms.create_season(
            session,
            code=code,
            kind=span.kind,
            starts_on=span.first,
            ends_on=span.last,
            now=min(now, from_helsinki(span.first, time())),
            breaks=breaks,
        )


def _hours(session: Session, rows: Iterable[Row], year: int) -> None:
    if session.scalar(select(OpeningHours.id).limit(1)) is not None:
        return
    for campus in session.scalars(select(Campus).order_by(Campus.id)):
        for row in rows:
            opening_hours.set_hours(
                session,
                campus_id=campus.id,
                weekdays=row["weekdays"],
                opens=time.fromisoformat(row["opens"]),
                closes=time.fromisoformat(row["closes"]),
                valid_from=date(year, 1, 1),
            )


def _holidays(session: Session, row: Row, now: datetime) -> None:
    today = helsinki_date(now)
    for planned in planned_holidays(session, today, today + PLANNED):
        day, name = planned.holiday.day, planned.holiday.names["en"]
        far = day - today >= NO_CLOSED_DAYS
        for campus in planned.unplanned:
            if not far or name not in (*row["closed"], *row["short"]):
                holidays.keep_normal(session, campus.id, day, now)
                continue
            closed = name in row["closed"]
            opening_hours.set_exception(
                session,
                campus_id=campus.id,
                day=day,
                opens=None if closed else time.fromisoformat(row["opens"]),
                closes=None if closed else time.fromisoformat(row["closes"]),
                reason=planned.holiday.reason if closed else row["reason"]["en"],
                reasons=planned.holiday.names if closed else row["reason"],
            )


def _other_hours(session: Session, row: Row, today: date) -> None:
    campus = campus_by_code(session, row["campus"])
    known = {item.reason for item in exceptions_from(session, campus.id, today)}
    if row["reason"]["en"] not in known:
        opening_hours.set_exception(
            session,
            campus_id=campus.id,
            day=today + timedelta(days=row["days_ahead"]),
            opens=time.fromisoformat(row["opens"]),
            closes=time.fromisoformat(row["closes"]),
            reason=row["reason"]["en"],
            reasons=row["reason"],
        )


def _space(session: Session, row: Row) -> None:
    campus = campus_by_code(session, row["campus"])
    if (
        session.scalar(
            select(Space.id).where(Space.campus_id == campus.id, Space.code == row["code"])
        )
        is None
    ):
        spaces.create_space(
            session,
            campus_id=campus.id,
            code=row["code"],
            names=names_of_row(row),
            capacity=row["capacity"],
            parts=row.get("parts", [row["code"]]),
            own_use="badminton" in row["code"],
            companions=row.get("companions", 0),
        )


def _person(session: Session, row: Row, now: datetime) -> None:
    if people_queries.member_by_email(session, row["email"]) is not None:
        return
    member = people.create_member(
        session, email=row["email"], name=row["name"], language=row["language"], now=now
    )
    for role in row.get("grants", []):
        roles.grant_role(session, member.id, role, now)
    if "institution" in row:
        prove(session, member, row["institution"], row["role"], now)
    if "pass" in row:
        give_pass(session, member, row["pass"], now)


def prove(session: Session, member: Member, institution: str, role: str, now: datetime) -> None:
    """Record that a person belongs to an institution, as if the desk had seen a term sticker."""
    affiliation = affiliations.add_affiliation(
        session, member.id, institution_code=institution, role=role, study_region="capital"
    )
    today = helsinki_date(now)
    eligibility.add_proof(
        session,
        affiliation.id,
        source="example",
        valid_from=today,
        valid_until=today + timedelta(days=PROVEN_DAYS),
        now=now,
        recorded_by=None,
    )


def give_pass(session: Session, member: Member, product: str, now: datetime) -> None:
    """Give a person a pass from today on, as if they had bought it."""
    sold = catalogue_queries.product_by_code(session, product)
    today = helsinki_date(now)
    ends_on = last_day(today, sold.length_days or 1)
    passes.add_pass(
        session,
        passes.new_pass(
            member.id,
            sold,
            starts_on=today,
            ends_on=ends_on,
        ),
        now=now,
        by="example",
    )


def _class(session: Session, row: Row, now: datetime) -> None:
    """Make a weekly class of the current term, with its sessions since the term began."""
    season = season_on(session, helsinki_date(now))
    known = select(SessionRule.id).join(Activity).where(Activity.name_en == row["name"]["en"])
    if season is None or session.scalar(known) is not None:
        return
    details = _class_details(session, row)
    when = Weekly(
        tuple(row["weekdays"]),
        time.fromisoformat(row["at"]),
        row["minutes"],
        season.starts_on,
        season.ends_on,
    )
    rule, _ = weekly_classes.create_class(session, details, when, now=now)
    for day, start, end in weekly(when, last=helsinki_date(now)):
        if start >= now:
            continue
        sessions.create_session(
            session, details, start, end, now=start, rule_id=rule.id, rule_day=day
        )
        # In its time: the figures of a past day know of it.
        sessions.mark_held(session, min(now, end))
    sessions.mark_held(session, now)


def _class_details(session: Session, row: Row) -> ClassDetails:
    space = session.scalars(select(Space).where(Space.code == row.get("space", "studio"))).one()
    instructor = people_queries.member_by_email(session, "instructor@zone.example")
    name_fi, name_sv, name_en = names_of_row(row)
    return ClassDetails(
        kind="class",
        name_fi=name_fi,
        name_sv=name_sv,
        name_en=name_en,
        category=row.get("category", "strength"),
        space_id=space.id,
        capacity=space.capacity,
        instructor_id=instructor.id if instructor else None,
    )


def class_soon(session: Session, now: datetime, path: Path = FILE) -> ClassSession:
    """Return a class that begins within half an hour; else make one, at the next quarter of an
    hour that is at least SOON away.
    """
    row = tomllib.loads(path.read_text(encoding="utf-8"))["soon"]
    details = _class_details(session, row)
    existing = session.scalars(
        select(ClassSession)
        .where(ClassSession.space_id == details.space_id, ClassSession.state == "scheduled")
        .where(
            ClassSession.starts_at.between(now + timedelta(minutes=1), now + timedelta(minutes=29))
        )
        .limit(1)
    ).first()
    start = _next_quarter(now + SOON)
    return existing or sessions.create_session(
        session, details, start, start + timedelta(minutes=row["minutes"]), now=now
    )


def _next_quarter(at: datetime) -> datetime:
    quarter = at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)
    return quarter if quarter == at else quarter + timedelta(minutes=15)


def _survey(session: Session, row: Row, settings: Settings, now: datetime) -> None:
    """Make the survey of this half-year, open for thirty days."""
    year = helsinki_date(now).year
    wave = "spring" if helsinki_date(now).month < 7 else "autumn"
    code = f"{wave}-{year}"
    if session.scalar(select(Survey.id).where(Survey.code == code)) is not None:
        return
    title, question = row["title"], row["question"]
    key = NewQuestion("grade", (question["fi"], question["sv"], question["en"]), is_key=True)
    new = NewSurvey(
        code=code,
        wave=wave,
        year=year,
        titles=(title["fi"], title["sv"], title["en"]),
        opens_at=now,
        closes_at=now + timedelta(days=30),
        questions=(key,),
    )
    surveys.open_survey(session, new, settings=settings, now=now)
