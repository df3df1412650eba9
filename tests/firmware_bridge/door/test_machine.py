"""The state machine of a door: whatever happens in whatever order, no strike without its entry."""

import uuid
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.door import machine
from firmware_bridge.door.machine import (
    Command,
    Event,
    Finish,
    Machine,
    NotStored,
    NotStruck,
    Phase,
    Request,
    Store,
    Stored,
    Strike,
    Struck,
    Withdraw,
    Withdrawn,
)
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR

GRANT = Entry(0, "11111111-1111-4111-8111-111111111111", DOOR, "scan", 0, True, Reason.GRANTED)
REFUSAL = replace(GRANT, granted=False, reason=Reason.NO_RIGHT)
COMMAND = replace(GRANT, kind="opened_by_desk", ref="22222222-2222-4222-8222-222222222222")


def play(*events: Event) -> list[Command | None]:
    door = Machine()
    return [door.step(event) for event in events]


def test_a_grant_is_stored_then_struck() -> None:
    assert play(Request(GRANT), Stored(GRANT.uuid, 7), Struck(GRANT.uuid, 5.0)) == [
        Store(GRANT),
        Strike(GRANT.uuid),
        Finish(GRANT, Reason.GRANTED, 5.0, 7),
    ]


def test_a_refusal_is_stored_and_opens_nothing() -> None:
    assert play(Request(REFUSAL), Stored(GRANT.uuid, 7)) == [
        Store(REFUSAL),
        Finish(REFUSAL, Reason.NO_RIGHT),
    ]


def test_a_grant_that_cannot_be_stored_becomes_a_refusal_with_the_reason() -> None:
    refused = replace(GRANT, granted=False, reason=Reason.REPLAYED)
    assert play(Request(GRANT), NotStored(GRANT.uuid, Reason.REPLAYED), Stored(GRANT.uuid, 7)) == [
        Store(GRANT),
        Store(refused),
        Finish(refused, Reason.REPLAYED),
    ]


def test_a_refusal_that_cannot_be_stored_stays_the_same_refusal() -> None:
    full = NotStored(GRANT.uuid, Reason.JOURNAL_FULL)
    assert play(Request(GRANT), full, full)[-1] == Finish(None, Reason.JOURNAL_FULL)
    assert play(Request(REFUSAL), full)[-1] == Finish(None, Reason.NO_RIGHT)


def test_a_command_that_cannot_be_stored_is_not_refused_but_waits_to_be_repeated() -> None:
    full = NotStored(COMMAND.uuid, Reason.JOURNAL_FULL)
    assert play(Request(COMMAND), full) == [Store(COMMAND), Finish(None, Reason.JOURNAL_FULL)]


@pytest.mark.parametrize("entry", [COMMAND, replace(COMMAND, granted=False)])
def test_a_command_that_was_answered_before_has_no_outcome(entry: Entry) -> None:
    assert play(Request(entry), NotStored(entry.uuid, None))[-1] == Finish(None, None)


def test_a_strike_in_vain_withdraws_its_grant() -> None:
    assert play(
        Request(GRANT), Stored(GRANT.uuid, 7), NotStruck(GRANT.uuid), Withdrawn(GRANT.uuid)
    )[2:] == [Withdraw(GRANT, 7), Finish(GRANT, Reason.DOOR_FAULT)]


def test_every_transition_of_the_table_is_named_in_the_theory_of_operation() -> None:
    theory = machine.__doc__ or ""
    for phase, event in machine.TRANSITIONS:
        assert event.__name__ in theory
        assert phase.name in theory


def test_results_that_come_late_twice_or_of_another_request_do_nothing() -> None:
    door, other = Machine(), replace(GRANT, uuid="33333333-3333-4333-8333-333333333333")
    door.step(Request(GRANT))
    assert door.step(Stored(other.uuid, 7)) is None
    door.step(Stored(GRANT.uuid, 7))
    assert door.step(Stored(GRANT.uuid, 7)) is None
    door.step(Request(other))
    assert door.step(Struck(GRANT.uuid, 5.0)) is None
    assert door.phase is Phase.STORING


@dataclass
class World:
    """What the events so far say is on disk, and the machine under test."""

    door: Machine = field(default_factory=Machine)
    on_disk: set[str] = field(default_factory=set)
    asked: dict[str, Entry] = field(default_factory=dict)

    def feed(self, event: Event) -> None:
        """Feed an event; check what it leads to."""
        if isinstance(event, Request):
            self.asked[event.uuid] = event.entry
        if isinstance(event, Stored):
            self.on_disk.add(event.uuid)
        command = self.door.step(event)
        if isinstance(command, Strike):
            assert command.uuid in self.on_disk, "a strike whose entry is not on disk"
            assert self.asked[command.uuid].granted, "a strike for a refusal"
            assert isinstance(event, Stored), "a strike that follows from something else"
        if isinstance(command, Finish) and command.until is not None:
            assert isinstance(event, Struck), "open without a confirmed pulse"


IDS = [str(uuid.UUID(int=number)) for number in range(3)]
entries = st.builds(
    lambda number, granted, kind: replace(GRANT, uuid=IDS[number], granted=granted, kind=kind),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from(["scan", "opened_by_desk"]),
)
ids = st.sampled_from(IDS)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Request, entries),
    st.builds(Stored, ids, st.integers(1, 9)),
    st.builds(NotStored, ids, st.sampled_from([None, Reason.REPLAYED, Reason.JOURNAL_FULL])),
    st.builds(Struck, ids, st.floats(0, 9)),
    st.builds(NotStruck, ids),
    st.builds(Withdrawn, ids),
)


def check_any_order(events: list[Event]) -> None:
    world = World()
    for event in events:
        world.feed(event)


@given(st.lists(EVENTS, max_size=30))
def test_in_any_order_of_events_no_door_opens_without_its_entry_on_disk(
    events: list[Event],
) -> None:
    check_any_order(events)


@pytest.mark.planted_fault("a machine that strikes before its entry is stored")
def test_a_machine_that_strikes_first_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def strike_at_once(door: Machine, event: Request) -> Command:
        door._entry, door.phase = event.entry, Phase.STRIKING
        return Strike(event.uuid)

    planted = {**machine.TRANSITIONS, (Phase.READY, Request): strike_at_once}
    monkeypatch.setattr(machine, "TRANSITIONS", planted)
    with pytest.raises(AssertionError, match="not on disk"):
        check_any_order([Request(GRANT)])


@pytest.mark.planted_fault("a machine that takes any result for its own")
def test_a_machine_that_takes_the_result_of_another_request_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def any_result(door: Machine, event: Event) -> Command | None:
        transition = machine.TRANSITIONS.get((door.phase, type(event)))
        return None if transition is None else transition(door, event)

    monkeypatch.setattr(Machine, "step", any_result)
    with pytest.raises(AssertionError, match="not on disk"):
        check_any_order([Request(GRANT), Stored(COMMAND.ref or "", 1)])
