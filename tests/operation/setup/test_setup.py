"""The first steps: an empty service says what it needs, and each step is ticked by its fact."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import signed_in
from tests.world.rendered_forms import forms_of
from tests.world.smtp import Mailbox, server
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import SETTINGS_KEY, Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.institutions import queries as institutions_queries
from zone.members.people import service as people
from zone.members.roles import service as roles
from zone.operation.reference_data.queries import listed
from zone.operation.setup import queries
from zone.operation.setup.rules import PATHS, StepName, steps
from zone.places.campuses import service as campuses
from zone.places.opening_hours import service as opening_hours
from zone.places.terms.models import Season

PAGE = "/manage/setup"
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
TODAY = helsinki_date(NOW)


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """The only person of an empty service."""
    with writing() as session:
        member = people.create_member(
            session, email="yllapito@zone.example", name="Ylläpito", language="en", now=NOW
        )
        roles.grant_role(session, member.id, "admin", utc_now())
        member_id = member.id
    return signed_in(app, member_id)


def done(settings: Settings, day: date = TODAY) -> set[StepName]:
    with reading() as session:
        return {step.name for step in queries.setup_steps(session, settings, day) if step.done}


def test_every_step_has_its_page(admin: FlaskClient) -> None:
    assert {name: admin.get(path).status_code for name, path in PATHS.items()} == dict.fromkeys(
        PATHS, 200
    )


def test_an_empty_service_has_every_step_to_do(admin: FlaskClient, settings: Settings) -> None:
    # The settings of tests name a seller.
    assert done(settings) - {"service"} == set()
    assert [step.name for step in steps(())] == list(PATHS)
    assert "is left" not in admin.get(f"{PAGE}?lang=en").text
    assert "steps are left" in admin.get(f"{PAGE}?lang=en").text


def test_what_is_ticked_is_taken_from_the_list_once(admin: FlaskClient, settings: Settings) -> None:
    by_path = {form.action: form for form in forms_of(admin, PAGE)}
    institutions = by_path[f"{PAGE}/institutions"]
    assert institutions.submit(admin, "Add these").status_code == 422
    institutions.data["codes"] = ["diak", "arcada"]
    assert institutions.submit(admin, "Add these").status_code == 303
    assert by_path[f"{PAGE}/campuses"].submit(admin, "Add these", codes="arabia").status_code == 303
    assert by_path[f"{PAGE}/rates"].submit(admin, "Take the Finnish rates").status_code == 303
    taken = by_path[f"{PAGE}/targets"].submit(admin, "Take the targets of the alliance")
    assert taken.status_code == 303
    assert {"institutions", "campuses", "rates", "targets"} <= done(settings)
    with reading() as session:
        rows = institutions_queries.institutions(session)
        assert [(row.code, row.study_region) for row in rows] == [
            ("arcada", None),
            ("diak", "capital"),
        ]
        left = {one.code for one in queries.institutions_to_take(session)}
        actions = set(session.scalars(select(AuditRow.action)))
    assert left == {row["code"] for row in listed()["institution"]} - {"diak", "arcada"}
    assert {"institution.create", "campus.create", "vat_rate.take", "target.take"} <= actions
    shown = {form.action for form in forms_of(admin, PAGE)}
    assert not {f"{PAGE}/rates", f"{PAGE}/targets"} & shown


def test_a_campus_without_hours_leaves_the_hours_to_do(
    admin: FlaskClient, settings: Settings
) -> None:
    with writing() as session:
        one, two = (campuses.create_campus(session, code=code, name=code).id for code in ("a", "b"))
        open_from: dict[str, Any] = {
            "weekdays": [1],
            "opens": time(7),
            "closes": time(22),
            "valid_from": TODAY,
        }
        opening_hours.set_hours(session, campus_id=one, **open_from)
    assert "hours" not in done(settings)
    with writing() as session:
        opening_hours.set_hours(session, campus_id=two, **open_from)
    assert "hours" in done(settings)


def test_terms_that_are_over_leave_the_terms_to_do(admin: FlaskClient, settings: Settings) -> None:
    with writing() as session:
        session.add(Season(code="s", kind="autumn", starts_on=date(2026, 8, 1), ends_on=TODAY))
    assert "terms" in done(settings)
    assert "terms" not in done(settings, TODAY + timedelta(days=1))


def test_a_second_person_with_a_role_is_needed(admin: FlaskClient, settings: Settings) -> None:
    with writing() as session:
        second = people.create_member(
            session, email="toinen@zone.example", name="Toinen", language="fi", now=NOW
        )
        roles.grant_role(session, second.id, "desk", utc_now())
    assert "people" in done(settings)


def test_without_a_mail_server_the_trial_says_what_to_set(
    admin: FlaskClient, settings: Settings
) -> None:
    answer = admin.post(f"{PAGE}/mail?lang=en")
    assert answer.status_code == 409
    assert "ZONE_SMTP_URL" in answer.text
    assert "mail" not in done(settings)


def test_a_mail_that_the_server_takes_ticks_the_step(
    app: Flask, admin: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    with server(mailbox) as address:
        monkeypatch.setitem(
            app.extensions, SETTINGS_KEY, replace(settings, smtp_url=f"smtp://{address}")
        )
        assert admin.post(f"{PAGE}/mail?lang=en").status_code == 303
    (sent,) = mailbox.mails
    assert sent["To"] == "yllapito@zone.example"
    assert "mail" in done(settings)


def test_a_provider_counts_when_it_has_answered_a_trial(
    admin: FlaskClient, settings: Settings
) -> None:
    failed = replace(settings, payment_provider="paytrail", paytrail_account="1")
    assert "payments" not in done(settings)
    assert admin.post("/manage/payments/development/try").status_code == 303
    assert "payments" in done(settings)
    assert "payments" not in done(failed), "another one that was not tried"
