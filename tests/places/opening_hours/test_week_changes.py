"""Changes of the ordinary week: what holds on each day after them. Pure."""

from datetime import date, time

from zone.places.opening_hours.rules import DayHours, Hours, WeekChange, changed_week, hours_on

MONDAY, NEXT = date(2026, 11, 30), date(2026, 12, 7)
LONG: DayHours = (time(7), time(22))
SHORT: DayHours = (time(9), time(18))
OLD = [Hours(weekday, *LONG, valid_from=date(2026, 1, 1)) for weekday in (1, 2)]


def on(week: list[Hours], day: date) -> list[DayHours]:
    return hours_on(day, week, {})


def closing(day: date) -> WeekChange:
    return WeekChange(weekdays=[1], hours=None, valid_from=day)


def test_new_hours_hold_from_their_day_on() -> None:
    week = changed_week(OLD, WeekChange(weekdays=[1, 1], hours=SHORT, valid_from=NEXT))
    assert [on(week, day) for day in (MONDAY, NEXT)] == [[LONG], [SHORT]]
    assert len(week) == 3, "each weekday once"


def test_the_same_day_again_is_a_correction_unless_it_is_a_second_opening() -> None:
    again = WeekChange(weekdays=[1], hours=SHORT, valid_from=date(2026, 1, 1))
    assert on(changed_week(OLD, again), MONDAY) == [SHORT]
    beside = WeekChange(weekdays=[1], hours=SHORT, valid_from=date(2026, 1, 1), replaces=False)
    assert on(changed_week(OLD, beside), MONDAY) == [LONG, SHORT]


def test_a_closed_weekday_is_closed_until_hours_that_begin_later() -> None:
    later = Hours(1, *SHORT, valid_from=date(2027, 1, 4))
    week = changed_week([*OLD, later], closing(NEXT))
    days = (MONDAY, NEXT, date(2026, 12, 28), date(2027, 1, 4))
    assert [on(week, day) for day in days] == [[LONG], [], [], [SHORT]]
    assert on(week, date(2026, 12, 8)) == [LONG], "Tuesday stays"


def test_no_older_hours_come_back_on_a_closed_weekday() -> None:
    """Those of a summer hide older ones; both end."""
    summer = Hours(1, *SHORT, valid_from=date(2026, 11, 1), valid_until=date(2026, 12, 31))
    week = changed_week([*OLD, summer], closing(NEXT))
    assert [on(week, day) for day in (MONDAY, NEXT, date(2027, 1, 11))] == [[SHORT], [], []]


def test_what_is_over_stays_as_it_was() -> None:
    past = Hours(1, *SHORT, valid_from=date(2025, 1, 1), valid_until=date(2025, 6, 1))
    assert past in changed_week([past, *OLD], closing(NEXT))


def test_hours_of_the_day_of_closing_are_gone() -> None:
    begun = Hours(1, *SHORT, valid_from=NEXT)
    assert begun not in changed_week([*OLD, begun], closing(NEXT))
    assert on(changed_week([*OLD, begun], closing(NEXT)), NEXT) == []
