"""Who counts as inside an area: the rules alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.store import presence
from firmware_bridge.store.presence import KEEP_SECONDS, TIDY_EVERY, Inside, Movement, Presence

STAY = 5400.0
HOUR = 3600.0


def came(holder: int, at: float) -> Movement:
    return Movement("gym", holder, at, leaving=False)


def left(holder: int, at: float) -> Movement:
    return Movement("gym", holder, at, leaving=True)


def people(inside: Presence, now: float, stay: float = STAY) -> int:
    return inside.look("gym", None, stay, now).people


def test_a_person_is_inside_until_they_leave_or_their_time_is_over() -> None:
    inside = Presence([came(1, 0), came(2, 10), left(1, 20)])
    assert inside.look("gym", 1, STAY, 30) == Inside(1, False, 20)
    assert inside.look("gym", 2, STAY, 30) == Inside(1, True, None)
    assert people(inside, 10 + STAY - 1) == 1
    assert people(inside, 10 + STAY) == 0


def test_another_area_has_other_people() -> None:
    inside = Presence([came(1, 0)])
    assert inside.look("pool", 1, STAY, 1) == Inside()


def test_who_comes_again_is_one_person_and_stays_longer() -> None:
    inside = Presence([came(1, 0), came(1, HOUR)])
    assert people(inside, HOUR) == 1
    assert people(inside, STAY + 1) == 1


def test_news_of_other_boxes_may_come_late_twice_and_in_any_order() -> None:
    inside = Presence([left(1, 20)])
    for news in (came(1, 10), left(1, 20), came(1, 10)):
        inside.passed(news)
    assert people(inside, 30) == 0
    inside.passed(came(1, 25))
    assert people(inside, 30) == 1


def test_a_grant_in_vain_brings_back_what_was_true_before() -> None:
    inside = Presence([came(1, 0), left(1, 10), came(1, 20)])
    inside.undo(came(1, 20))
    assert people(inside, 30) == 0
    inside.passed(left(2, 5))
    inside.passed(came(2, 12))
    inside.passed(left(2, 40))
    inside.undo(left(2, 40))
    assert people(inside, 50) == 1, "the door did not open: they are still inside"


def test_two_grants_in_vain_leave_nobody_inside() -> None:
    inside = Presence([came(1, 1), came(1, 2)])
    inside.undo(came(1, 1))
    inside.undo(came(1, 2))
    assert people(inside, 3) == 0


def test_a_shorter_stay_counts_at_once() -> None:
    inside = Presence([came(1, 0)])
    assert people(inside, 100) == 1
    assert people(inside, 100, stay=60) == 0
    assert people(inside, 100) == 1


def test_a_clock_that_was_wrong_keeps_no_place_taken() -> None:
    year = 365 * 24 * HOUR
    inside = Presence([came(1, year)])
    assert people(inside, year) == 1
    assert people(inside, 0) == 0


def test_on_a_busy_day_only_those_inside_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands who have come since yesterday; a scan must not become slower by them."""
    inside = Presence(came(n, n * 60.0) for n in range(1000))
    now = 1000 * 60.0
    assert people(inside, now) == 89
    looked: list[float] = []
    genuine = presence._PersonTimes.is_inside

    def is_inside(self: presence._PersonTimes, stay: float, at: float) -> bool:
        looked.append(at)
        return genuine(self, stay, at)

    monkeypatch.setattr(presence._PersonTimes, "is_inside", is_inside)
    assert people(inside, now + 30) == 89
    assert looked == [], "nobody's time is over"
    assert people(inside, now + 60) == 88
    assert inside.enter(came(5000, now + 59.999), STAY, 100), "a little before the last look"
    assert len(looked) <= 90


def test_the_last_place_is_given_away_once() -> None:
    inside = Presence()
    assert inside.enter(came(1, 0), STAY, 1)
    assert not inside.enter(came(2, 1), STAY, 1)
    assert inside.enter(came(1, 2), STAY, 1), "who is inside comes in again"
    assert inside.enter(came(3, 3), STAY, None), "no limit"


def test_what_is_too_old_is_forgotten() -> None:
    inside = Presence(came(n, n / TIDY_EVERY) for n in range(TIDY_EVERY - 1))
    inside.passed(came(10**6, KEEP_SECONDS + 10.0))
    assert len(inside._areas["gym"]._people) == 1


STEPS = st.lists(
    st.tuples(
        st.integers(1, 6), st.sampled_from(["come", "leave", "vain"]), st.floats(0.001, 2 * STAY)
    ),
    max_size=60,
)


def check_never_above_the_limit(steps: list[tuple[int, str, float]], limit: int) -> None:
    """Play what happens at one door, beside a list of who is inside; compare at each step."""
    inside, stays, now = Presence(), dict[int, float](), 0.0
    for holder, what, pause in steps:
        now += pause
        stays = {one: since for one, since in stays.items() if now - since < STAY}
        if what == "leave":
            inside.passed(left(holder, now))
            stays.pop(holder, None)
        else:
            granted = inside.enter(came(holder, now), STAY, limit)
            assert granted == (holder in stays or len(stays) < limit)
            if granted and what == "vain":
                inside.undo(came(holder, now))
            elif granted:
                stays[holder] = now
        assert people(inside, now) == len(stays) <= limit
        assert inside.look("gym", holder, STAY, now).is_inside is (holder in stays)


@given(STEPS, st.integers(1, 4))
def test_never_more_are_inside_than_may_be_and_who_leaves_makes_room(
    steps: list[tuple[int, str, float]], limit: int
) -> None:
    check_never_above_the_limit(steps, limit)


@pytest.mark.planted_fault("who leaves stays inside")
def test_a_count_that_nobody_leaves_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence._PersonTimes, "way", lambda self, *, leaving: self.came)
    with pytest.raises(AssertionError):
        check_never_above_the_limit([(1, "come", 1.0), (1, "leave", 1.0)], 1)
