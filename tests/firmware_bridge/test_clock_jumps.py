"""The system clock jumps while the bridge runs and its door is released by a schedule.

`true` times are those of the server: the machine's clock, moved to the day of the test.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.door.runner import RELEASE_MS
from firmware_bridge.wire.messages.holders import Right
from firmware_bridge.wire.messages.site import Release
from firmware_bridge.wire.token import sign_short
from tests.world.faked_time import FakedTimeRig
from tests.world.peer import serving
from tests.world.rig import SITE, Phone, eventually, now
from zone.access.releases.rules import WeeklyRelease, release_windows

pytestmark = pytest.mark.slow

DAY = 86400.0
DAY_OF_TIME = timedelta(days=1)
JUMPS = (31, -31, 3600, -3600, DAY, -DAY, 20 * DAY, -20 * DAY, 365 * DAY, -365 * DAY)
OPEN_SECONDS, SHUT_SECONDS = 2.0, 3.0
# Three pulses or more within a time, and one behind each jump.
TIMES = {"door.schedules.EVERY_SECONDS": 0.5}
# A busy machine; a released door looks ten times a second.
LATE_SECONDS = 1.5
ALWAYS = Right("gym", (), 0, 2**32)
NEVER_AGAIN = ("replayed", "code_expired", "code_from_future", "clock_unset")
Windows = Sequence[tuple[float, float]]


class Day:
    """A running bridge on a day that begins `ahead` seconds from the machine's time."""

    def __init__(self, rig: FakedTimeRig, ahead: float) -> None:
        self.rig, self.ahead = rig, ahead
        rig.peer.clock_offset = ahead
        rig.jump(ahead)
        self.zero = now() - monotonic() + ahead
        self.codes: list[str] = []
        self.phones = [Phone(ALWAYS) for _ in range(40)]
        rig.peer.put(*(phone.holder for phone in self.phones))

    def true_time(self) -> float:
        return self.zero + monotonic()

    def jump(self, seconds: float) -> None:
        self.rig.jump(self.ahead + seconds)

    def release(self, windows: Windows) -> None:
        releases = tuple(Release(int(start), int(end)) for start, end in windows)
        self.rig.peer.change_site(
            replace(SITE, doors=(replace(SITE.doors[0], releases=releases, strike_ms=500),))
        )

    def release_soon(self, count: int) -> Windows:
        """Release the door that many times, soon; the bridge runs and has the schedule."""
        windows = windows_from(int(self.true_time()) + 2, count)
        self.release(windows)
        self.rig.event("changes", more=False)
        return windows

    def sleep_until(self, at: float) -> None:
        time.sleep(max(0.0, at - self.true_time()))

    def let_somebody_in(self) -> None:
        """Check that a code of now opens."""
        code = sign_short(self.phones.pop().key, int(self.true_time()))
        self.rig.reader.scan(code)
        assert self.rig.event("decision")["struck"]
        self.codes.append(code)

    def show_used_codes(self) -> None:
        """Check that no code opens again."""
        for code in self.codes[-3:]:
            self.rig.reader.scan(code)
            decision = self.rig.event("decision")
            assert decision["repeat"] or decision["reason"] in NEVER_AGAIN

    def pulses_of_releases(self) -> list[float]:
        return [
            self.zero + pulse.at / 1e9
            for pulse in self.rig.relay.pulses
            if pulse.flash.ms == RELEASE_MS
        ]

    def check_windows(self, windows: Windows) -> None:
        """A door is open within its times by the true clock, and at no other time."""
        pulses = self.pulses_of_releases()
        for at in pulses:
            assert any(start - 0.2 <= at < end + LATE_SECONDS for start, end in windows), at
        for start, end in windows:
            within = [at for at in pulses if start - 0.2 <= at < end]
            assert within, (start, end, pulses)
            assert within[0] - start < LATE_SECONDS
        assert self.rig.audit.unexplained == []

    def play(self, windows: Windows, jumps: Iterable[float]) -> None:
        """Jump in the middle of each window, and let people in behind it."""
        for (start, end), seconds in zip(windows, jumps, strict=True):
            self.sleep_until((start + end) / 2)
            self.jump(seconds)
            self.sleep_until(end + 0.5)
            self.let_somebody_in()
            self.show_used_codes()
        self.sleep_until(windows[-1][1] + LATE_SECONDS)
        self.check_windows(windows)

    def check_all_sent(self) -> None:
        rig = self.rig
        rig.await_upload()
        seqs = sorted(seq for _, seq in rig.peer.entries)
        assert seqs == list(range(1, len(seqs) + 1))


@contextmanager
def day(folder: Path, ahead: float = 0.0) -> Iterator[Day]:
    with serving(SITE) as peer:
        rig = FakedTimeRig(folder, peer)
        try:
            rig.times = TIMES
            rig.enrol()
            yield Day(rig, ahead)
        finally:
            rig.close()


def windows_from(start: float, count: int) -> Windows:
    every = OPEN_SECONDS + SHUT_SECONDS
    return [(start + n * every, start + n * every + OPEN_SECONDS) for n in range(count)]


def check_jumps(folder: Path, jumps: Sequence[float], *, online: bool) -> None:
    with day(folder) as running:
        running.rig.start()
        running.rig.event("changes", more=False)
        windows = running.release_soon(len(jumps))
        if not online:
            running.rig.peer.stop()
        running.play(windows, jumps)
        if not online:
            running.rig.peer.start()
        running.check_all_sent()


SHORT, LONG = JUMPS[6:7], JUMPS
THOROUGH = [pytest.mark.thorough, pytest.mark.timeout(600)]


@pytest.mark.parametrize("online", [True, pytest.param(False, marks=THOROUGH)])
@pytest.mark.parametrize("jumps", [SHORT, pytest.param(LONG, marks=THOROUGH)], ids=["1", "10"])
def test_a_released_door_is_open_in_its_times_whatever_the_system_clock_does(
    tmp_path: Path, jumps: Sequence[float], online: bool
) -> None:
    check_jumps(tmp_path, jumps, online=online)


@pytest.mark.thorough
@pytest.mark.planted_fault("a clock that reads the system's each time")
def test_a_bridge_that_follows_each_step_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = FakedTimeRig.start
    monkeypatch.setattr(FakedTimeRig, "start", lambda rig: start(rig, planted="system_clock"))
    with pytest.raises(AssertionError):
        check_jumps(tmp_path, SHORT, online=False)


def of_the_week(day_of: date, times: Sequence[tuple[wall_time, wall_time]]) -> Windows:
    """The windows of a weekly schedule on that day, as the server computes them."""
    week = [WeeklyRelease((day_of.isoweekday(),), opens, closes) for opens, closes in times]
    midnight = datetime(day_of.year, day_of.month, day_of.day, tzinfo=UTC)
    within = (midnight - DAY_OF_TIME, midnight + DAY_OF_TIME)
    windows = release_windows(week, {}, None, within)
    return [(window.start.timestamp(), window.end.timestamp()) for window in windows]


@pytest.mark.thorough
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("day_of", "before", "across"),
    [
        # At 4 the clock goes back to 3, and at 3 forward to 4; both at 01:00 UTC.
        (date(2026, 10, 25), wall_time(3, 59, 40), wall_time(3, 59, 54)),
        (date(2027, 3, 28), wall_time(2, 59, 40), wall_time(2, 59, 54)),
    ],
    ids=["autumn", "spring"],
)
def test_on_the_night_of_a_clock_change_a_door_is_open_in_its_times(
    tmp_path: Path, day_of: date, before: wall_time, across: wall_time
) -> None:
    ends = before.replace(second=before.second + 6)
    windows = of_the_week(day_of, [(before, ends), (across, wall_time(4, 0, 6))])
    change = datetime(day_of.year, day_of.month, day_of.day, 1, tzinfo=UTC).timestamp()
    assert windows[1][0] < change < windows[1][1]
    with day(tmp_path, ahead=change - 30 - now()) as running:
        running.release(windows)
        running.rig.start()
        running.rig.event("changes", more=False)
        running.sleep_until(windows[0][0] + 3)
        # A box whose clock runs by wall time is an hour off for a moment.
        running.jump(3600)
        running.sleep_until(windows[0][1] + 0.5)
        running.let_somebody_in()
        running.sleep_until(change + 1)
        running.jump(-3600)
        running.sleep_until(change + 6 + LATE_SECONDS)
        running.show_used_codes()
        running.check_windows(windows)
        assert len([at for at in running.pulses_of_releases() if at > change - 1]) >= 2
        running.check_all_sent()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "off", [-3600, *(pytest.param(one, marks=pytest.mark.thorough) for one in (-DAY, 20 * DAY))]
)
def test_a_box_that_starts_with_a_wrong_clock_releases_by_the_servers(
    tmp_path: Path, off: float
) -> None:
    with day(tmp_path) as running:
        running.rig.start()
        running.rig.event("changes", more=False)
        running.let_somebody_in()
        running.rig.stop()
        running.jump(off)
        running.rig.start()
        windows = running.release_soon(1)
        running.show_used_codes()
        running.sleep_until(windows[0][1] + LATE_SECONDS)
        running.check_windows(windows)
        running.check_all_sent()


@pytest.mark.thorough
@pytest.mark.parametrize(
    "off", [-3600, *(pytest.param(one, marks=pytest.mark.thorough) for one in (-DAY, 20 * DAY))]
)
def test_a_box_that_starts_offline_with_an_impossible_clock_releases_nothing(
    tmp_path: Path, off: float
) -> None:
    with day(tmp_path) as running:
        running.rig.start()
        running.rig.event("changes", more=False)
        running.let_somebody_in()
        start = int(running.true_time())
        # By the true clock and by the wrong one it is due.
        running.release([(start, start + 3600), (start + off, start + off + 3600)])
        running.rig.event("released", on=True)
        running.rig.stop()
        before = len(running.pulses_of_releases())
        running.rig.peer.stop()
        running.jump(off)
        running.rig.start()
        running.show_used_codes()
        time.sleep(3 * TIMES["door.schedules.EVERY_SECONDS"])
        assert len(running.pulses_of_releases()) == before
        running.rig.peer.start()
        eventually(lambda: len(running.pulses_of_releases()) > before, "released by the true clock")
        running.check_all_sent()
