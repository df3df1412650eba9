"""The life of a pass, derived from its events in any order."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.core.errors import DomainError
from zone.core.time import day_window
from zone.passes.pass_rules.rules import PassRules
from zone.passes.passes import life as lives
from zone.passes.passes.life import A_DAY, Days, Life, LifeEvent, life_of
from zone.passes.pauses.rules import PauseRequest, check_pause, paused_until_now

FIRST = date(2026, 9, 1)
SOLD: Days = (FIRST, date(2026, 12, 29))
ANY_LENGTH = PassRules(pause_shortest=1, pauses_most=5)


def days(first: int, last: int) -> Days:
    return FIRST + timedelta(first), FIRST + timedelta(last)


def paused(number: int, first: int, last: int) -> LifeEvent:
    return LifeEvent(number, "paused", *days(first, last))


def test_a_pause_moves_the_last_day_by_its_days() -> None:
    life = life_of(SOLD, [paused(1, 10, 23)])
    assert life == Life(FIRST, SOLD[1] + timedelta(14), (days(10, 23),))
    assert [life.gives_on(FIRST + timedelta(day)) for day in (9, 10, 23, 24)] == [
        True,
        False,
        False,
        True,
    ]


def test_resuming_early_gives_back_the_days_that_were_not_paused() -> None:
    resumed = LifeEvent(2, "resumed", FIRST + timedelta(10), FIRST + timedelta(12))
    life = life_of(SOLD, [paused(1, 10, 23), resumed])
    assert (life.pauses, life.ends_on) == ((days(10, 12),), SOLD[1] + timedelta(3))


def test_a_pause_that_is_called_off_is_none() -> None:
    called_off = LifeEvent(2, "resumed", FIRST + timedelta(10), FIRST + timedelta(9))
    assert life_of(SOLD, [paused(1, 10, 23), called_off]) == Life(*SOLD)


def test_the_refund_of_an_order_names_the_end_of_what_was_replaced() -> None:
    ends = [LifeEvent(1, "replaced"), LifeEvent(2, "refunded")]
    assert life_of(SOLD, ends).end == "refunded"
    assert lives.state_on(life_of(SOLD, ends), FIRST) == "refunded"


def test_a_pause_over_the_change_of_clocks_is_whole_helsinki_days() -> None:
    pauses = [(date(2026, 10, 25), date(2026, 10, 25))]
    before, after = lives.windows(*SOLD, pauses)
    assert (before[1], after[0]) == day_window(date(2026, 10, 25))
    assert (after[0] - before[1]) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("first", "last", "rules", "by_staff", "code"),
    [
        (0, 13, PassRules(), False, "pause_too_soon"),
        (0, 13, PassRules(), True, None),
        (1, 13, PassRules(), False, "pause_length"),
        (1, 14, PassRules(), False, None),
        (1, 14, PassRules(holder_pauses=False), False, "pause_by_staff"),
        (1, 14, PassRules(holder_pauses=False), True, None),
        (1, 14, PassRules(pauses_most=0), False, "too_many_pauses"),
        (119, 140, PassRules(), False, None),
        (120, 140, PassRules(), False, "pause_outside"),
        (1, 181, PassRules(), False, "pause_length"),
    ],
)
def test_who_may_pause_when(
    first: int, last: int, rules: PassRules, by_staff: bool, code: str | None
) -> None:
    refused = None
    try:
        check_pause(Life(*SOLD), PauseRequest(*days(first, last)), rules, FIRST, by_staff=by_staff)
    except DomainError as refusal:
        refused = refusal.code
    assert refused == code


@st.composite
def _lives(draw: st.DrawFn) -> tuple[list[LifeEvent], int]:
    """Return events as people cause them, each accepted by its rule, and the days they add."""
    events: list[LifeEvent] = []
    added = 0
    today = FIRST
    for number in range(draw(st.integers(0, 12))):
        today += timedelta(draw(st.integers(0, 20)))
        life = life_of(SOLD, events)
        kind = draw(st.sampled_from(("paused", "resumed", "extended", "activated")))
        try:
            if kind == "paused":
                first = today + timedelta(draw(st.integers(0, 9)))
                asked = PauseRequest(first, first + timedelta(draw(st.integers(0, 40))))
                check_pause(life, asked, ANY_LENGTH, today, by_staff=False)
                events.append(LifeEvent(number, kind, *asked.days))
            elif kind == "resumed":
                events.append(LifeEvent(number, kind, *paused_until_now(life.pauses, today)))
            elif kind == "extended":
                more = draw(st.integers(1, 30))
                events.append(LifeEvent(number, kind, days=more))
                added += more
            else:
                events.append(LifeEvent(number, kind))
        except DomainError:
            continue
    return events, added


def check_no_day_is_lost_or_won(events: list[LifeEvent], added: int) -> None:
    """Check that a pass gives as many days as were sold and added, on each side alike."""
    life = life_of(SOLD, events)
    span = [life.starts_on + timedelta(n) for n in range(lives.length((FIRST, life.ends_on)))]
    given_days = [day for day in span if life.gives_on(day)]
    assert len(given_days) == lives.length(SOLD) + added
    # Doors and bookings read times, pages read states: both say the same of each day.
    times = lives.windows(life.starts_on, life.ends_on, life.pauses)
    for day in (*span, FIRST - A_DAY, life.ends_on + A_DAY):
        noon = day_window(day)[0] + timedelta(hours=12)
        assert any(start <= noon < end for start, end in times) == life.gives_on(day)
        assert (lives.state_on(life, day) == "valid") == life.gives_on(day)
    assert lives.from_stored(lives.as_stored(life.pauses)) == life.pauses


@given(_lives(), st.randoms())
def test_no_day_is_lost_or_won(told: tuple[list[LifeEvent], int], chance: object) -> None:
    events, added = told
    check_no_day_is_lost_or_won(events, added)
    shuffled = sorted(events, key=lambda _event: chance.random())  # type: ignore[attr-defined]
    assert life_of(SOLD, shuffled) == life_of(SOLD, events)


@pytest.mark.planted_fault("a pause that moves the last day by one day too few")
def test_a_pause_that_adds_too_few_days_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [paused(1, 10, 23)]
    check_no_day_is_lost_or_won(events, 0)
    monkeypatch.setattr(lives, "length", lambda span: (span[1] - span[0]).days)
    with pytest.raises(AssertionError):
        check_no_day_is_lost_or_won(events, 0)
