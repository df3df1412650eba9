"""Quiet hours: what can wait leaves at 8.00 in Helsinki, also in nights with a change of clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.core.mail.test_delivery import through
from tests.world import smtp
from tests.world.mails import SAMPLES
from zone.core.config import Settings
from zone.core.db.statements import insertion
from zone.core.db.transactions import reading, writing
from zone.core.mail import delivery
from zone.core.mail import service as mail_service
from zone.core.mail.kinds import KINDS
from zone.core.mail.models import WAITS_SINCE, OutboxMail
from zone.core.mail.quiet_hours import QuietHours, leaves_at, told_ahead
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import ServiceProfile
from zone.core.time import to_helsinki

CAN_WAIT, AT_ONCE = "booking/session_cancelled", "booking/queue_offer"
HOURS = QuietHours()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-12-01T19:59", None),  # 21.59
        ("2026-12-01T20:00", "2026-12-02T06:00"),
        ("2026-12-01T23:30", "2026-12-02T06:00"),  # after midnight in Helsinki
        ("2026-12-02T05:59", "2026-12-02T06:00"),
        ("2026-12-02T06:00", None),
        ("2026-07-01T19:00", "2026-07-02T05:00"),  # summer time
        # The clock goes back in the night to 25 October: 11 hours.
        ("2026-10-24T19:00", "2026-10-25T06:00"),
        ("2026-10-25T00:30", "2026-10-25T06:00"),  # 3.30 for the first time
        ("2026-10-25T01:30", "2026-10-25T06:00"),  # 3.30 again
        ("2026-10-24T18:59", None),
        ("2026-10-25T05:59", "2026-10-25T06:00"),
        # The clock goes forward in the night to 28 March: 9 hours.
        ("2027-03-27T20:00", "2027-03-28T05:00"),
        ("2027-03-28T01:30", "2027-03-28T05:00"),  # 4.30, after the hour that is left out
        ("2027-03-28T05:00", None),
    ],
)
def test_quiet_hours_end_at_eight_by_the_wall_clock(now: str, end: str | None) -> None:
    assert HOURS.end_after(utc(now)) == (end and utc(end))
    if end:
        assert to_helsinki(utc(end)).strftime("%H.%M") == "08.00"


@pytest.mark.engines("sqlite")
def test_quiet_hours_may_lie_in_one_day_or_be_none() -> None:
    assert QuietHours(1, 6).end_after(utc("2026-12-01T00:30")) == utc("2026-12-01T04:00")
    assert QuietHours(1, 6).end_after(utc("2026-12-01T22:30")) is None
    assert QuietHours(8, 8).end_after(utc("2026-12-01T06:30")) is None


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("template", "act_by", "waits"),
    [
        (CAN_WAIT, "2026-12-02T07:00", True),  # at 9.00
        (CAN_WAIT, "2026-12-02T06:59", False),  # before 9.00
        (CAN_WAIT, "2026-12-01T20:00", True),  # it has begun already
        (AT_ONCE, "2026-12-02T15:00", False),
        ("members/sign_in_code", None, False),
        ("booking/no_show", None, True),
        ("booking/reminder", "2026-12-02T15:00", True),
        ("booking/queue_passed_over", "2026-12-02T15:00", True),
        ("passes/receipt", None, False),
        ("older/release", None, False),
    ],
)
def test_what_can_wait_waits_and_nothing_else(
    template: str, act_by: str | None, waits: bool
) -> None:
    now = utc("2026-12-01T21:00")
    at = leaves_at(
        KINDS.get(template), HOURS, now, act_by=utc(act_by) if act_by else None, not_after=None
    )
    assert at == (utc("2026-12-02T06:00") if waits else now)


@pytest.mark.engines("sqlite")
def test_a_mail_that_would_be_outdated_in_the_morning_does_not_wait() -> None:
    now = utc("2026-12-01T21:00")
    over = now + timedelta(hours=1)
    assert leaves_at(KINDS[CAN_WAIT], HOURS, now, act_by=None, not_after=over) == now


def post(now: datetime, template: str = CAN_WAIT, **more: Any) -> None:
    with writing() as session:
        mail_service.post(
            session,
            to="aino@example.org",
            template=template,
            language="fi",
            params=SAMPLES[template],
            now=now,
            **more,
        )


def only_mail() -> OutboxMail:
    with reading() as session:
        return session.scalars(select(OutboxMail)).one()


def delivered(settings: Settings, *times: datetime) -> list[int]:
    with smtp.server(smtp.Mailbox()) as address:
        return [delivery.deliver(at, through(settings, address)) for at in times]


NIGHT, MORNING = utc("2026-12-01T21:00"), utc("2026-12-02T06:00")


def test_a_mail_that_is_posted_at_night_leaves_in_the_morning(
    app: Flask, settings: Settings
) -> None:
    post(NIGHT)
    assert delivered(settings, NIGHT, MORNING - timedelta(seconds=1), MORNING) == [0, 0, 1]


def check_a_mail_of_the_evening_waits(settings: Settings) -> None:
    """A mail that the server did not take before the quiet hours leaves after them."""
    post(NIGHT - timedelta(hours=2))
    assert delivered(settings, NIGHT, MORNING) == [0, 1]


def test_a_mail_that_waited_for_the_server_keeps_the_quiet_hours(
    app: Flask, settings: Settings
) -> None:
    check_a_mail_of_the_evening_waits(settings)


@pytest.mark.planted_fault("quiet hours are asked when a mail is posted only")
def test_without_the_question_at_delivery_it_leaves_at_night(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "leaves_at", lambda _kind, _hours, now, **_about: now)
    with pytest.raises(AssertionError):
        check_a_mail_of_the_evening_waits(settings)


def test_quiet_hours_are_no_delay_that_an_operator_is_alarmed_about(
    app: Flask, settings: Settings
) -> None:
    post(NIGHT - timedelta(hours=2))
    delivered(settings, NIGHT)
    assert (only_mail().attempts, only_mail().quiet_until) == (0, MORNING)
    with reading() as session:
        assert session.scalar(select(WAITS_SINCE)) == MORNING


def test_a_code_leaves_at_night(app: Flask, settings: Settings) -> None:
    post(NIGHT, "members/sign_in_code")
    assert delivered(settings, NIGHT) == [1]


def test_the_hours_are_those_of_the_service(app: Flask, settings: Settings) -> None:
    with writing() as session:
        profile = ServiceProfile(quiet_from=0, quiet_until=5)
        session.execute(
            insertion(session, ServiceProfileRow).values(id=1, **profile.values, version=1)
        )
    post(NIGHT)
    assert only_mail().due_at == NIGHT, "23.00"
    with writing() as session:
        session.execute(update(ServiceProfileRow).values(quiet_from=23))
    assert delivered(settings, NIGHT, utc("2026-12-02T03:00")) == [0, 1]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-12-01T18:59", 3),  # 20.59
        ("2026-12-01T19:00", 12),  # 21.00: until 9.00
        ("2026-12-01T19:30", 11.5),
        ("2026-12-01T20:00", 3),  # the quiet hours have begun
        ("2026-10-24T18:00", 13),  # 21.00 before the night of 25 hours
        ("2027-03-27T19:00", 11),  # 21.00 before the night of 23 hours
    ],
)
def test_in_the_last_hour_people_are_told_of_the_whole_night(now: str, told: float) -> None:
    assert told_ahead(timedelta(hours=3), HOURS, utc(now)) == timedelta(hours=told)
    assert told_ahead(timedelta(hours=24), HOURS, utc(now)) == timedelta(hours=24)


@pytest.mark.engines("sqlite")
def test_a_reminder_never_leaves_at_night() -> None:
    now, begins = utc("2026-12-02T03:00"), utc("2026-12-02T05:00")
    kind = KINDS["booking/reminder"]
    assert leaves_at(kind, HOURS, now, act_by=begins, not_after=begins) == MORNING
