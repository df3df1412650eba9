"""`zone doctor` points out public holidays that nobody has planned, six weeks ahead."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from tests.world.doctor import findings_around
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import day_window
from zone.operation.doctor.findings import Finding
from zone.places.campuses.models import Campus
from zone.places.holidays.rules import PLAN_AHEAD
from zone.places.holidays.service import keep_normal
from zone.places.opening_hours.service import set_exception

ALL_SAINTS = date(2026, 10, 31)


def on_holidays(service: Settings, now: datetime) -> list[Finding]:
    return [one for one in findings_around(service, now) if one.check == "holidays"]


def test_a_holiday_is_pointed_out_in_time_until_it_is_planned(service: Settings) -> None:
    first = day_window(ALL_SAINTS)[0] - PLAN_AHEAD
    (quiet,) = on_holidays(service, first - timedelta(hours=2))
    assert quiet.level == "ok"
    (found,) = on_holidays(service, first + timedelta(hours=2))
    assert (found.level, "All Saints' Day, 2026-10-31" in found.what) == ("warn", True)
    assert found.todo == "Decide on the page /manage/holidays."
    with writing() as session:
        for campus in session.scalars(select(Campus)).all():
            keep_normal(session, campus.id, ALL_SAINTS, first)
    (planned,) = on_holidays(service, first + timedelta(hours=2))
    assert planned.level == "ok"


def test_a_closed_holiday_is_planned(service: Settings) -> None:
    with writing() as session:
        for campus in session.scalars(select(Campus)).all():
            set_exception(
                session, campus_id=campus.id, day=ALL_SAINTS, opens=None, closes=None, reason="-"
            )
    (found,) = on_holidays(service, day_window(ALL_SAINTS)[0] - PLAN_AHEAD + timedelta(hours=2))
    assert found.level == "ok"
