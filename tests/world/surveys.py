"""People and surveys for tests."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from tests.world.people import a_person
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.feedback.answers import service as answers
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.surveys import flows as surveys_flows
from zone.feedback.surveys import rules as surveys_rules
from zone.feedback.surveys import service as surveys
from zone.feedback.surveys.rules import NewQuestion
from zone.members.people.models import Member
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass

OPENS = datetime(2026, 4, 1, 6, tzinfo=UTC)
NOW = datetime(2026, 4, 8, 9, tzinfo=UTC)
CLOSES = datetime(2026, 4, 30, 20, tzinfo=UTC)
OVERALL = NewQuestion(
    "overall",
    ("Arvosana palvelulle?", "Betyg för tjänsten?", "Grade for the service?"),
    is_key=True,
)
CLASSES = NewQuestion("classes", ("Tunnit?", "Timmarna?", "The classes?"))
WORDS = NewQuestion("words", ("Muuta?", "Annat?", "Anything else?"), kind="text")


def new_survey(
    code: str = "spring-2026", wave: str = "spring", year: int = 2026, **changed: object
) -> surveys_rules.NewSurvey:
    values: dict[str, object] = {
        "titles": ("Kevätkysely", "Vårenkät", "Spring survey"),
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "questions": (OVERALL, CLASSES, WORDS),
    }
    return surveys_rules.NewSurvey(code=code, wave=wave, year=year, **(values | changed))  # type: ignore[arg-type]  # by name


def open_survey(settings: Settings, **changed: object) -> int:
    with writing() as session:
        return surveys.open_survey(session, new_survey(**changed), settings=settings, now=OPENS).id  # type: ignore[arg-type]  # by name


def people(count: int) -> list[int]:
    rows = [
        {
            "public_id": uuid.uuid4(),
            "holder": number,
            "email": f"p{number}@example.org",
            "name": "Testi Henkilö",
            "language": "en",
            "created_at": OPENS,
        }
        for number in range(1, count + 1)
    ]
    with writing() as session:
        session.execute(insert(Member), rows)
        member_ids = list(session.scalars(select(Member.id)))
    hold_passes()
    return member_ids


def hold_passes() -> None:
    """Give a pass to everybody who has none, so that they belong to the audience."""
    with writing() as session:
        product = session.scalar(select(Product).where(Product.code == "asked")) or Product(
            code="asked",
            kind="sports_pass",
            name_fi="Passi",
            name_sv="Pass",
            name_en="Pass",
            entitlements=["gym"],
            campuses=[],
            duration="days",
            length_days=120,
            vat_category="exercise",
        )
        session.add(product)
        session.flush()
        without = session.scalars(
            select(Member.id).where(Member.id.not_in(select(Pass.member_id)))
        ).all()
        session.add_all(a_pass(member_id, product.id) for member_id in without)


def a_pass(
    member_id: int,
    product_id: int,
    starts_on: date = date(2020, 1, 1),
    ends_on: date = date(2099, 1, 1),
) -> Pass:
    return Pass(
        public_id=uuid.uuid4(),
        member_id=member_id,
        product_id=product_id,
        kind="sports_pass",
        entitlements=["gym"],
        campuses=[],
        starts_on=starts_on,
        ends_on=ends_on,
    )


def a_holder(app: Flask, *roles: str) -> FlaskClient:
    """Return the browser of a new person with a pass."""
    client = a_person(app, *roles)
    hold_passes()
    return client


def answer(
    survey_id: int, member_id: int, *, grade: int | str = 4, words: str = "", now: datetime = NOW
) -> None:
    with writing() as session:
        answers.answer_survey(
            session,
            member_id=member_id,
            survey_id=survey_id,
            answers={"overall": grade, "words": words},
            now=now,
        )


def answer_all(survey_id: int, members: Sequence[int]) -> None:
    """Let everybody answer, with a text that names them."""
    for number, member_id in enumerate(members):
        answer(survey_id, member_id, grade=1 + number % 5, words=f"person {member_id}")


def close(survey_id: int, settings: Settings, now: datetime = CLOSES) -> None:
    with writing() as session:
        answers.close_survey(session, survey_id, settings=settings, now=now)
    surveys_flows.finish_closing(settings)


def count(model: type[SurveyAnswer | SealedAnswer | Participation]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def stored_texts() -> list[str]:
    """Return all texts of opened answers, sorted."""
    with reading() as session:
        return sorted(
            session.scalars(select(SurveyAnswer.words).where(SurveyAnswer.words.is_not(None)))
        )


def minutes(number: int) -> datetime:
    return NOW + timedelta(minutes=number)
