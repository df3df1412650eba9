"""What the contact of a door and its exit button say, in any order of events."""

import uuid
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.door.passage import (
    EXIT_SECONDS,
    GRACE_SECONDS,
    Fact,
    Grant,
    Passage,
)
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import HELD_ALARM_SECONDS as HELD_SECONDS
from firmware_bridge.wire.messages.site import HELD_WARNING_SECONDS as WARNING_SECONDS

STRIKE: Final = 5.0


def a_grant(at: float) -> Grant:
    entry = Entry(1, str(uuid.uuid4()), "door", "scan", 0, granted=True)
    return Grant(entry, 1, at + STRIKE)


def kinds(facts: Sequence[Fact]) -> list[str]:
    return [fact.kind for fact in facts]


@pytest.fixture
def passage() -> Passage:
    """A door that is shut, at second 0."""
    passage = Passage()
    passage.moved(False, 0)
    return passage


def test_a_door_that_is_opened_while_the_strike_holds_was_opened_rightly(passage: Passage) -> None:
    passage.struck(a_grant(10))
    assert kinds(passage.moved(True, 12)) == ["opened"]
    assert kinds(passage.moved(False, 14)) == ["closed"]
    assert kinds(passage.tick(10 + STRIKE + GRACE_SECONDS + 1)) == []


def test_a_door_that_opens_without_a_grant_is_forced(passage: Passage) -> None:
    passage.struck(a_grant(10))
    assert kinds(passage.moved(True, 10 + STRIKE + GRACE_SECONDS + 0.1)) == ["forced_open"]


def test_the_exit_button_excuses_an_opening_for_five_seconds(passage: Passage) -> None:
    assert kinds(passage.exit_pressed(10)) == ["exit_request"]
    assert kinds(passage.moved(True, 10 + EXIT_SECONDS)) == ["opened"]
    passage.moved(False, 16)
    assert kinds(passage.moved(True, 10 + EXIT_SECONDS + 1.1)) == ["forced_open"]


def test_without_an_exit_button_who_goes_out_forces_no_door() -> None:
    passage = Passage(sees_exits=False)
    passage.moved(False, 0)
    assert kinds(passage.moved(True, 60)) == ["opened"]
    assert kinds(passage.tick(60 + HELD_SECONDS)) == ["held_open"]


def test_a_grant_that_nobody_used_was_in_vain_once_its_strike_is_over(passage: Passage) -> None:
    passage.struck(grant := a_grant(10))
    assert passage.tick(10 + STRIKE + GRACE_SECONDS) == ()
    assert passage.tick(10 + STRIKE + GRACE_SECONDS + 0.1) == (Fact("not_opened", grant),)
    assert passage.tick(100) == ()


def test_several_go_through_one_opening(passage: Passage) -> None:
    passage.struck(a_grant(10))
    passage.struck(a_grant(11))
    passage.moved(True, 12)
    passage.struck(a_grant(13))
    passage.moved(False, 14)
    assert kinds(passage.tick(60)) == []


def test_a_door_held_open_warns_after_20_seconds_and_is_an_alarm_after_30(
    passage: Passage,
) -> None:
    passage.moved(True, 10)
    assert kinds(passage.tick(10 + WARNING_SECONDS - 0.1)) == []
    assert kinds(passage.tick(10 + WARNING_SECONDS)) == ["held_open_warning"]
    assert kinds(passage.tick(10 + WARNING_SECONDS + 1)) == []
    held = [passage.held]
    assert kinds(passage.tick(10 + HELD_SECONDS)) == ["held_open"]
    held.append(passage.held)
    assert kinds(passage.tick(10 + HELD_SECONDS + 60)) == []
    passage.moved(False, 120)
    assert [*held, passage.held] == [False, True, False]


def test_a_door_may_have_times_of_its_own(passage: Passage) -> None:
    passage.moved(True, 10)
    assert kinds(passage.tick(10 + WARNING_SECONDS, 60, 90)) == []
    assert kinds(passage.tick(10 + 60, 60, 90)) == ["held_open_warning"]
    assert kinds(passage.tick(10 + 90, 60, 90)) == ["held_open"]


def test_who_is_let_in_through_an_open_door_has_the_time_of_the_others(passage: Passage) -> None:
    passage.struck(a_grant(9))
    passage.moved(True, 10)
    passage.struck(a_grant(25))
    assert kinds(passage.tick(25 + STRIKE + WARNING_SECONDS - 0.1)) == []
    assert kinds(passage.tick(25 + STRIKE + WARNING_SECONDS)) == ["held_open_warning"]


def test_what_a_silent_contact_does_not_say_is_no_fact(passage: Passage) -> None:
    passage.struck(a_grant(10))
    passage.lost()
    assert kinds(passage.tick(60)) == []
    assert kinds(passage.moved(True, 61)) == [], "it may have been opened long ago"
    assert kinds(passage.tick(61 + HELD_SECONDS)) == ["held_open"]


def test_a_door_that_is_open_at_the_start_is_not_forced() -> None:
    assert kinds(Passage().moved(True, 0)) == []


EVENTS: Final = st.lists(
    st.tuples(st.sampled_from(["strike", "open", "shut", "exit", "lost", "tick"]), st.floats(0, 8)),
    max_size=40,
)


def check_any_order(events: Sequence[tuple[str, float]]) -> None:
    """Feed the events, each so many seconds after the one before; check what holds of any order."""
    passage, at, allowed = Passage(), 0.0, float("-inf")
    used: set[str] = set()
    struck: dict[str, float] = {}
    for event, later in events:
        at += later
        facts: Sequence[Fact] = ()
        was_open = passage.open
        if event == "strike":
            grant = a_grant(at)
            passage.struck(grant)
            struck[grant.entry.uuid] = grant.until
            allowed = max(allowed, grant.until + GRACE_SECONDS)
        elif event in ("open", "shut"):
            facts = passage.moved(event == "open", at)
        elif event == "exit":
            facts = passage.exit_pressed(at)
            allowed = max(allowed, at + EXIT_SECONDS)
        elif event == "lost":
            facts = passage.lost()
        else:
            facts = passage.tick(at)
        if passage.open is not False:
            used |= struck.keys()  # whoever was let in until now may have gone in
        for fact in facts:
            if fact.kind in ("opened", "forced_open"):
                assert (fact.kind == "opened") == (at <= allowed)
                assert was_open is False
            if fact.grant is not None:
                assert fact.grant.entry.uuid not in used, "nobody went in by it"
                assert at > struck[fact.grant.entry.uuid], "while the lock is open they still may"
                used.add(fact.grant.entry.uuid)


@given(EVENTS)
def test_no_order_of_events_forces_a_door_that_was_let_open_or_takes_back_a_visit(
    events: list[tuple[str, float]],
) -> None:
    check_any_order(events)


@pytest.mark.planted_fault("a grant through an open door waits for another opening")
def test_a_grant_that_waits_though_the_door_is_open_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def always_waits(self: Passage, grant: Grant) -> None:
        self._allowed_until = grant.until + GRACE_SECONDS
        self._pending.append(grant)

    monkeypatch.setattr(Passage, "struck", always_waits)
    with pytest.raises(AssertionError):
        check_any_order([("shut", 0), ("open", 1), ("strike", 1), ("shut", 1), ("tick", 8)])
