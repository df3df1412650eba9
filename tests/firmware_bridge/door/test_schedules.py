"""A door that a schedule releases: when it is due, its pulses, its entries, and what ends it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.door import runner
from firmware_bridge.door.doorway import Doorway
from firmware_bridge.door.runner import RELEASE_MS, Runner
from firmware_bridge.door.schedules import EVERY_SECONDS, Act, Moment, Releasing, Schedule, due
from firmware_bridge.events import Event
from firmware_bridge.store.journal import Journal, JournalFull
from firmware_bridge.wire.messages.changes import FRESH_SECONDS, SENSITIVE_FRESH_SECONDS
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.messages.site import Release
from tests.world.rig import DOOR, GYM, SITE, Phone, Stand

T = 1_800_000_000
OPEN = Release(T, T + 3600)
SITE_DOOR = DoorSite(DOOR, "Gym", GYM, releases=(OPEN,))
AT = Moment(T + 60, clock_set=True, fire=False, heard_at=T + 59, came_in_at=None)


@pytest.mark.parametrize(
    ("door", "moment", "released"),
    [
        (SITE_DOOR, AT, True),
        (SITE_DOOR, replace(AT, now=T - 1), False),
        (SITE_DOOR, replace(AT, now=T + 3600), False),
        (replace(SITE_DOOR, state="blocked"), AT, False),
        (replace(SITE_DOOR, state="lockdown"), AT, False),
        (replace(SITE_DOOR, state="emergency"), AT, False),
        (SITE_DOOR, replace(AT, clock_set=False), False),
        (SITE_DOOR, replace(AT, fire=True), False),
        (SITE_DOOR, replace(AT, fire=None), False),
        (SITE_DOOR, replace(AT, heard_at=None), False),
        (SITE_DOOR, replace(AT, heard_at=AT.now - FRESH_SECONDS - 1), False),
        (
            replace(SITE_DOOR, area=replace(GYM, sensitive=True)),
            replace(AT, heard_at=AT.now - SENSITIVE_FRESH_SECONDS - 1),
            False,
        ),
        (replace(SITE_DOOR, releases=(Release(T - 9, T), OPEN)), AT, True),
    ],
)
def test_a_door_is_released_within_its_schedule_and_only_where_all_is_certain(
    door: DoorSite, moment: Moment, released: bool
) -> None:
    assert (due(door, moment) == OPEN) is released


@pytest.mark.parametrize(
    ("came_in_at", "released"),
    [(None, False), (T - 1, False), (T, True), (T + 59, True), (T + 61, False)],
)
def test_after_the_first_person_means_within_the_same_time(
    came_in_at: float | None, released: bool
) -> None:
    door = replace(SITE_DOOR, releases=(replace(OPEN, first_person=True),))
    assert bool(due(door, replace(AT, came_in_at=came_in_at))) is released


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0.05, 5)), max_size=60))
def test_no_order_of_looks_pulses_a_door_whose_release_is_not_on_disk(
    looks: list[tuple[bool, bool, float]],
) -> None:
    releasing, told, at = Releasing(), False, 0.0
    for is_due, stored, pause in looks:
        at += pause
        act = releasing.look(is_due=is_due, at=at)
        if act is Act.BEGIN:
            assert not told
            if stored:
                releasing.begun()
                told = True
        elif act is Act.PULSE:
            assert told
            assert is_due
        elif act is Act.END:
            assert told
            told = False
        assert releasing.on is told


class ReleasedStand(Stand):
    """A door with a contact and a schedule, and somebody who looks at it ten times a second."""

    def __init__(self, folder: Path, phone: Phone) -> None:
        self.fire, self.cuts = False, 0
        # So many frames that end a pulse are lost.
        self.lost_cuts = 0
        self.events: list[Event] = []
        super().__init__(folder, phone.holder)
        self.phone = phone
        self.attach()

    def attach(self) -> None:
        self.doorway = Doorway(
            self.door.runner, self.clock, self, self.events.append, lambda held: None, self.door
        )
        self.door.runner.on_strike = self.doorway.struck
        self.doorway.contact_moved(False)
        self.schedule = Schedule(
            self.door.runner,
            self.clock,
            self,
            self.moment,
            self.events.append,
            self.doorway.freed,
            self.door.strike_ended,
        )

    def moment(self) -> Moment:
        came_in_at = self.door.runner.came_in_at
        clock_set = self.clock.state() != "unset"
        heard_at = self.roster.contact_at
        return Moment(self.clock.now(), clock_set, self.fire, heard_at, came_in_at)

    def cut(self) -> bool:
        self.cuts += 1
        return self.cuts > self.lost_cuts

    def release(self, seconds: int, **values: object) -> None:
        """Send the door a release that begins now."""
        now = int(self.clock.now())
        one = replace(Release(now, now + seconds), **values)  # type: ignore[arg-type]
        self.send(releases=(one,))

    def send(self, **values: object) -> None:
        door = replace(self.door.site, **values)  # type: ignore[arg-type]
        self.know(self.phone.holder, site=replace(SITE, doors=(door,)))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.step(0.1)
            self.schedule.look(self.clock.monotonic())
            self.doorway.tick(self.clock.monotonic())

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries()]


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, phone: Phone) -> Iterator[ReleasedStand]:
    stand = ReleasedStand(tmp_path, phone)
    yield stand
    stand.close()


def test_a_released_door_is_pulsed_until_the_schedule_ends(stand: ReleasedStand) -> None:
    stand.release(60)
    stand.pass_time(65)
    assert stand.kinds() == ["released", "release_ended"]
    assert set(stand.strikes) == {RELEASE_MS}
    assert len(stand.strikes) == pytest.approx(60 / EVERY_SECONDS, abs=1)
    assert stand.cuts == 0, "the last pulse ends by itself: somebody may just be going in"
    assert [event["on"] for event in stand.events if event["event"] == "released"] == [True, False]


def test_a_bridge_that_stops_shuts_the_door_by_sending_no_more_pulses(
    stand: ReleasedStand,
) -> None:
    assert RELEASE_MS / 1000 <= 2 * EVERY_SECONDS
    stand.release(3600)
    stand.pass_time(10)
    pulses = len(stand.strikes)
    stand.clock.step(100)
    assert len(stand.strikes) == pulses


def check_nothing_opens_unstored(stand: ReleasedStand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.release(60)
    with monkeypatch.context() as disk:
        disk.setattr(Journal, "append", _full)
        stand.pass_time(10)
        assert stand.strikes == []
    stand.pass_time(4)
    assert stand.kinds()[0] == "released"
    assert stand.strikes


def _full(self: Journal, entry: Entry, area: str, *, awaits_strike: bool = False) -> int:
    raise JournalFull("no room")


def test_no_door_is_released_before_its_entry_is_on_disk(
    stand: ReleasedStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_nothing_opens_unstored(stand, monkeypatch)


@pytest.mark.planted_fault("a door is released whether or not its entry is on disk")
def test_a_release_without_its_entry_fails_the_check(
    stand: ReleasedStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "note", lambda self, kind, ref=None: True)
    with pytest.raises((AssertionError, IndexError)):
        check_nothing_opens_unstored(stand, monkeypatch)


@pytest.mark.parametrize("state", ["blocked", "lockdown"])
def test_a_door_that_staff_shut_is_shut_at_once(stand: ReleasedStand, state: str) -> None:
    stand.release(3600)
    stand.pass_time(5)
    stand.send(state=state)
    stand.pass_time(0.1)
    assert stand.cuts == 1
    pulses = len(stand.strikes)
    stand.pass_time(30)
    assert len(stand.strikes) == pulses
    stand.send(state="normal")
    stand.pass_time(5)
    assert stand.kinds() == ["released", "release_ended", "released"]


def check_a_lost_frame_is_sent_again(stand: ReleasedStand) -> None:
    stand.release(3600)
    stand.pass_time(4)
    stand.lost_cuts = 2
    stand.send(state="lockdown")
    stand.pass_time(2)
    assert stand.cuts == 3, "until one is confirmed"


def test_a_door_is_shut_though_a_frame_is_lost(stand: ReleasedStand) -> None:
    check_a_lost_frame_is_sent_again(stand)


@pytest.mark.planted_fault("a cut counts as done whether or not the board has confirmed it")
def test_a_cut_that_nobody_confirmed_fails_the_check(
    stand: ReleasedStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = ReleasedStand.cut
    monkeypatch.setattr(ReleasedStand, "cut", lambda stand: cut(stand) or True)
    with pytest.raises(AssertionError):
        check_a_lost_frame_is_sent_again(stand)


def test_a_lockdown_follows_upon_the_end_of_a_release(stand: ReleasedStand) -> None:
    stand.release(10)
    stand.pass_time(10.2)
    assert stand.kinds() == ["released", "release_ended"]
    stand.send(state="lockdown")
    stand.pass_time(0.1)
    assert stand.cuts == 1, "the last pulse still holds"


@pytest.mark.parametrize("state", ["blocked", "lockdown"])
def test_a_door_that_staff_shut_ends_the_strike_of_who_came_before(
    stand: ReleasedStand, phone: Phone, state: str
) -> None:
    stand.send(strike_ms=60_000)
    assert stand.scan(stand.code(phone)).opened
    stand.pass_time(1)
    assert stand.cuts == 0
    stand.send(state=state)
    stand.pass_time(2)
    assert stand.cuts == 1
    assert stand.door.relocked_at > 0, "no green light any more"


def test_a_lockdown_keeps_nobody_in(stand: ReleasedStand, phone: Phone) -> None:
    stand.send(direction="out", state="lockdown", strike_ms=60_000)
    stand.pass_time(1)
    assert stand.scan(stand.code(phone)).opened
    stand.pass_time(5)
    assert stand.cuts == 0


def check_a_shut_door_is_not_pulsed(
    stand: ReleasedStand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk shuts the door while the disk takes its time for the entry of a grant."""
    append = Journal.append

    def slow(journal: Journal, entry: Entry, area: str, *, awaits_strike: bool = False) -> int:
        stand.send(state="lockdown")
        return append(journal, entry, area, awaits_strike=awaits_strike)

    monkeypatch.setattr(Journal, "append", slow)
    assert not stand.scan(stand.code(phone)).opened
    stand.send(state="normal")
    stand.release(3600)
    stand.pass_time(0.1)
    assert stand.kinds()[-1] == "released"
    assert stand.strikes == []


def test_a_door_that_is_shut_while_the_disk_is_slow_is_not_opened(
    stand: ReleasedStand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_shut_door_is_not_pulsed(stand, phone, monkeypatch)


@pytest.mark.planted_fault("nobody looks again at the state of the door before its pulse")
def test_a_pulse_without_a_second_look_fails_the_check(
    stand: ReleasedStand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "SHUT", ())
    with pytest.raises(AssertionError):
        check_a_shut_door_is_not_pulsed(stand, phone, monkeypatch)


def test_a_fire_ends_the_schedule_and_who_flees_has_forced_nothing(stand: ReleasedStand) -> None:
    stand.release(3600)
    stand.pass_time(5)
    stand.fire = True
    stand.pass_time(60)
    stand.doorway.contact_moved(True)
    stand.pass_time(60)
    assert stand.kinds() == ["released", "release_ended"]


def test_nobody_forces_or_holds_open_a_released_door(stand: ReleasedStand) -> None:
    stand.release(3600)
    stand.pass_time(30)
    stand.doorway.contact_moved(True)
    assert stand.cuts == 0, "it stays open for the next person"
    stand.pass_time(300)
    stand.doorway.contact_moved(False)
    assert stand.kinds() == ["released"]


def test_who_shows_a_code_at_a_released_door_does_not_shut_it(
    stand: ReleasedStand, phone: Phone
) -> None:
    stand.send(strike_ms=500)
    stand.release(3600)
    stand.pass_time(3.5)
    assert stand.scan(stand.code(phone)).opened
    assert stand.strikes[-1] > EVERY_SECONDS * 1000
    stand.send(releases=())
    stand.pass_time(8)
    assert stand.scan(stand.code(phone)).opened
    assert stand.strikes[-1] == 500


def test_the_first_person_releases_the_door_for_the_others(
    stand: ReleasedStand, phone: Phone
) -> None:
    stand.release(3600, first_person=True)
    stand.pass_time(10)
    assert stand.kinds() == []
    assert stand.scan(stand.code(phone)).opened
    stand.pass_time(10)
    assert stand.kinds() == ["scan", "not_opened"], "nobody went in"
    assert stand.scan(stand.code(phone)).opened
    stand.pass_time(1)
    stand.doorway.contact_moved(True)
    stand.pass_time(1)
    assert stand.kinds()[-1] == "released"


def test_a_first_person_is_remembered_over_a_restart(stand: ReleasedStand, phone: Phone) -> None:
    stand.release(3600, first_person=True)
    assert stand.scan(stand.code(phone)).opened
    stand.doorway.contact_moved(True)
    stand.pass_time(1)
    stand.restart()
    stand.attach()
    stand.pass_time(1)
    assert stand.kinds() == ["scan", "released", "released"]


def test_who_leaves_by_a_code_is_no_first_person(stand: ReleasedStand, phone: Phone) -> None:
    stand.release(3600, first_person=True)
    stand.send(direction="out")
    assert stand.scan(stand.code(phone)).opened
    stand.doorway.contact_moved(True)
    stand.pass_time(1)
    stand.restart()
    stand.attach()
    stand.pass_time(1)
    assert stand.kinds() == ["scan"], "nobody is inside"


def test_a_board_that_fails_is_tried_again(stand: ReleasedStand) -> None:
    stand.relay_works = False
    stand.release(60)
    stand.pass_time(10)
    assert stand.strikes == []
    stand.relay_works = True
    stand.pass_time(4)
    assert stand.strikes
    assert stand.kinds() == ["released"]


def test_a_wrong_clock_releases_nothing(stand: ReleasedStand) -> None:
    stand.clock.start_anew(0.0)
    stand.send(releases=(Release(0, 2**31),))
    stand.pass_time(10)
    assert stand.kinds() == []
