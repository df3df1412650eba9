"""Every reason of the closed set, and the order in which the checks run."""

from dataclasses import replace
from typing import Any

import pytest

from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import DoorContext, decide
from firmware_bridge.wire.messages.holders import BookingWindow, Holder, Key, Right
from firmware_bridge.wire.messages.site import Area, Door
from firmware_bridge.wire.reasons import ASKABLE, Reason
from tests.world.make_vectors import HOLDER, PHONE, TS
from tests.world.wire_samples import DOOR, GYM, RIGHT, issuers, parse_scan, vectors

_KID, _POINT = (bytes.fromhex(vectors()["keys"][0][part]) for part in ("kid", "point"))
KEY = Key(_KID, _POINT)
SHORT = vectors()["short"][0]["text"].encode()
LONG = vectors()["long"][0]["text"].encode()
FORGED = next(
    v["text"] for v in vectors()["judged"] if v["name"] == "S signed by a foreign key"
).encode()
PERSON = Holder(HOLDER, (KEY,), (RIGHT,))
GOOD = DoorContext(parse_scan(SHORT), DOOR, KEY, PERSON, issuers(), roster_at=TS - 60)


def door(state: str = "normal", **area: Any) -> Door:
    return replace(DOOR, state=state, area=replace(GYM, **area))


def person(*rights: Right, **change: Any) -> Holder:
    return replace(PERSON, rights=rights or PERSON.rights, **change)


def at(start: int, end: int, *campuses: str, kind: str = "gym") -> Right:
    return Right(kind, campuses, TS + start, TS + end)


UNTIL_NOW, FROM_NOW = at(-100, 0), at(0, 100)


PAUSE_NOW = at(0, 1)


def paused(*rights: Right, pause: Right = PAUSE_NOW, **change: Any) -> Holder:
    """A holder with a pause, and with these rights around it."""
    return replace(PERSON, rights=rights, pauses=(pause,), **change)


def limited(*rights: Right, **limits: Any) -> Holder:
    """A holder with a limit of their pass, and with these rights in it."""
    return replace(PERSON, rights=rights, **limits)


DAY = 86400
TABLE: list[tuple[str, DoorContext, Reason]] = [
    ("all is well", GOOD, Reason.GRANTED),
    ("no code", replace(GOOD, token=parse_scan(b"hello")), Reason.MALFORMED),
    (
        "a type of the future",
        replace(GOOD, token=codes.TokenError(Reason.UNKNOWN_TYPE)),
        Reason.UNKNOWN_TYPE,
    ),
    ("a new key", replace(GOOD, key=None), Reason.UNKNOWN_KEY),
    ("a revoked key", replace(GOOD, key=replace(KEY, revoked=True)), Reason.REVOKED),
    ("a door without time", replace(GOOD, clock_set=False), Reason.CLOCK_UNSET),
    ("a forged code", replace(GOOD, token=parse_scan(FORGED)), Reason.BAD_SIGNATURE),
    ("a code used before", replace(GOOD, replayed=True), Reason.REPLAYED),
    ("a blocked door", replace(GOOD, door=door("blocked")), Reason.DOOR_BLOCKED),
    ("a lockdown", replace(GOOD, door=door("lockdown")), Reason.LOCKDOWN),
    ("never open", replace(GOOD, door=door(windows=())), Reason.CLOSED),
    ("closing this second", replace(GOOD, door=door(windows=((TS - 5, TS),))), Reason.CLOSED),
    ("opening this second", replace(GOOD, door=door(windows=((TS, TS + 5),))), Reason.GRANTED),
    ("a holder not yet here", replace(GOOD, holder=None), Reason.UNKNOWN_HOLDER),
    ("a suspended holder", replace(GOOD, holder=person(suspended=True)), Reason.SUSPENDED),
    ("no rights at all", replace(GOOD, holder=replace(PERSON, rights=())), Reason.NO_RIGHT),
    (
        "a right for something else",
        replace(GOOD, holder=person(at(-1, 1, kind="sports"))),
        Reason.NO_RIGHT,
    ),
    ("a foreign campus", replace(GOOD, holder=person(at(-1, 1, "arabia"))), Reason.WRONG_CAMPUS),
    ("this campus", replace(GOOD, holder=person(at(-1, 1, "arabia", "myyrmaki"))), Reason.GRANTED),
    ("a right from tomorrow", replace(GOOD, holder=person(at(1, 9))), Reason.NOT_YET_VALID),
    ("a right of yesterday", replace(GOOD, holder=person(UNTIL_NOW)), Reason.EXPIRED),
    ("a right from this second", replace(GOOD, holder=person(UNTIL_NOW, FROM_NOW)), Reason.GRANTED),
    (
        "one past, one to come",
        replace(GOOD, holder=person(UNTIL_NOW, at(1, 2))),
        Reason.NOT_YET_VALID,
    ),
    ("paused", replace(GOOD, holder=paused(UNTIL_NOW, at(1, 9))), Reason.PAUSED),
    ("paused, and by another pass", replace(GOOD, holder=paused(at(-9, 9))), Reason.GRANTED),
    ("paused, and no right behind it", replace(GOOD, holder=paused()), Reason.PAUSED),
    (
        "paused elsewhere",
        replace(GOOD, holder=paused(at(1, 9, "arabia"), pause=at(0, 1, "arabia"))),
        Reason.WRONG_CAMPUS,
    ),
    (
        "paused for something else",
        replace(GOOD, holder=paused(at(1, 9), pause=at(0, 1, kind="class"))),
        Reason.NOT_YET_VALID,
    ),
    (
        "a pause that ended this second",
        replace(GOOD, holder=paused(UNTIL_NOW, pause=UNTIL_NOW)),
        Reason.EXPIRED,
    ),
    (
        "a pause to come",
        replace(GOOD, holder=paused(at(-9, 1), pause=at(1, 9))),
        Reason.GRANTED,
    ),
    ("suspended, and paused", replace(GOOD, holder=paused(suspended=True)), Reason.SUSPENDED),
    (
        "outside of the hours of the pass",
        replace(GOOD, holder=limited(UNTIL_NOW, at(1, 2), hours=(at(-9, 9),))),
        Reason.OUTSIDE_HOURS,
    ),
    (
        "within the hours of the pass",
        replace(GOOD, holder=limited(at(0, 1), hours=(at(-9, 9),))),
        Reason.GRANTED,
    ),
    (
        "outside of the hours of a pass that has ended",
        replace(GOOD, holder=limited(UNTIL_NOW, hours=(UNTIL_NOW,))),
        Reason.EXPIRED,
    ),
    (
        "outside of the hours, elsewhere",
        replace(GOOD, holder=limited(at(1, 2, "arabia"), hours=(at(-9, 9, "arabia"),))),
        Reason.WRONG_CAMPUS,
    ),
    (
        "outside of the hours, and paused",
        replace(GOOD, holder=replace(paused(), hours=(at(-9, 9),))),
        Reason.PAUSED,
    ),
    (
        "a pass for some sessions, and nothing booked",
        replace(GOOD, holder=limited(sessions=(at(-9, 9),))),
        Reason.NOT_BOOKED,
    ),
    (
        "a pass for some sessions, and one is booked",
        replace(GOOD, holder=limited(at(0, 1), sessions=(at(-9, 9),))),
        Reason.GRANTED,
    ),
    ("no booking", replace(GOOD, door=door(needs_booking=True)), Reason.NOT_BOOKED),
    (
        "a booking elsewhere",
        replace(
            GOOD,
            door=door(needs_booking=True),
            holder=person(slots=(BookingWindow("other", TS, TS + 1),)),
        ),
        Reason.NOT_BOOKED,
    ),
    (
        "a booking now",
        replace(
            GOOD,
            door=door(needs_booking=True),
            holder=person(slots=(BookingWindow("area-gym", TS, TS + 1),)),
        ),
        Reason.GRANTED,
    ),
    ("eight days without a word", replace(GOOD, roster_at=TS - 8 * DAY), Reason.RIGHTS_STALE),
    ("seven days without a word", replace(GOOD, roster_at=TS - 7 * DAY), Reason.GRANTED),
    (
        "two days, but sensitive",
        replace(GOOD, roster_at=TS - 2 * DAY, door=door(sensitive=True)),
        Reason.RIGHTS_STALE,
    ),
    (
        "back after 59 s, hard",
        replace(GOOD, last_grant=TS - 59, door=door(passback="hard")),
        Reason.ANTI_PASSBACK,
    ),
    (
        "back after 60 s, hard",
        replace(GOOD, last_grant=TS - 60, door=door(passback="hard")),
        Reason.GRANTED,
    ),
    (
        "back after 59 s, timed",
        replace(GOOD, last_grant=TS - 59, door=door(passback="timed")),
        Reason.ANTI_PASSBACK,
    ),
    (
        "back after 59 s, timed, and left meanwhile",
        replace(GOOD, last_grant=TS - 59, last_left=TS - 9, door=door(passback="timed")),
        Reason.ANTI_PASSBACK,
    ),
    (
        "back after 59 s, hard, and left meanwhile",
        replace(GOOD, last_grant=TS - 59, last_left=TS - 9, door=door(passback="hard")),
        Reason.GRANTED,
    ),
    (
        "back after 59 s, hard, and left before that",
        replace(GOOD, last_grant=TS - 59, last_left=TS - 60, door=door(passback="hard")),
        Reason.ANTI_PASSBACK,
    ),
    (
        "back after 59 s, a mode of the future",
        replace(GOOD, last_grant=TS - 59, door=door(passback="global")),
        Reason.ANTI_PASSBACK,
    ),
    (
        "back at once, timed but stale",
        replace(GOOD, last_grant=TS - 1, roster_at=TS - 7 * DAY, door=door(passback="timed")),
        Reason.GRANTED,
    ),
    (
        "one place is left",
        replace(GOOD, people_inside=39, door=door(occupancy_limit=40)),
        Reason.GRANTED,
    ),
    (
        "as many inside as may be",
        replace(GOOD, people_inside=40, door=door(occupancy_limit=40)),
        Reason.AREA_FULL,
    ),
    (
        "as many inside as may be, of whom they are one",
        replace(GOOD, people_inside=40, is_inside=True, door=door(occupancy_limit=40)),
        Reason.GRANTED,
    ),
    ("many inside, and no limit", replace(GOOD, people_inside=10**6), Reason.GRANTED),
    (
        "full, and nothing heard for days",
        replace(GOOD, people_inside=1, roster_at=TS - 7 * DAY, door=door(occupancy_limit=1)),
        Reason.AREA_FULL,
    ),
    (
        "back at once, hard but stale",
        replace(GOOD, last_grant=TS - 1, roster_at=TS - 7 * DAY, door=door(passback="hard")),
        Reason.GRANTED,
    ),
]


OUT = replace(DOOR, direction="out")
WAY_OUT: list[tuple[str, dict[str, Any], Reason]] = [
    ("nothing is wrong", {}, Reason.GRANTED),
    ("no rights at all", {"holder": replace(PERSON, rights=())}, Reason.GRANTED),
    ("suspended", {"holder": person(suspended=True)}, Reason.GRANTED),
    ("nobody knows the holder", {"holder": None}, Reason.GRANTED),
    ("closed", {"door": replace(OUT, area=replace(GYM, windows=()))}, Reason.GRANTED),
    ("blocked", {"door": replace(OUT, state="blocked")}, Reason.GRANTED),
    ("a lockdown", {"door": replace(OUT, state="lockdown")}, Reason.GRANTED),
    (
        "came in just now, hard",
        {"last_grant": TS - 1, "door": replace(OUT, area=replace(GYM, passback="hard"))},
        Reason.GRANTED,
    ),
    (
        "without a booking",
        {"door": replace(OUT, area=replace(GYM, needs_booking=True))},
        Reason.GRANTED,
    ),
    ("months without a word", {"roster_at": TS - 100 * DAY}, Reason.GRANTED),
    (
        "full",
        {"people_inside": 9, "door": replace(OUT, area=replace(GYM, occupancy_limit=1))},
        Reason.GRANTED,
    ),
    ("has left by this code", {"replayed": True}, Reason.REPLAYED),
    ("a forged code", {"token": parse_scan(FORGED)}, Reason.BAD_SIGNATURE),
    ("a key that nobody knows", {"key": None, "holder": None}, Reason.UNKNOWN_KEY),
    ("a removed phone", {"key": replace(KEY, revoked=True)}, Reason.REVOKED),
]


@pytest.mark.parametrize(
    ("change", "reason"), [row[1:] for row in WAY_OUT], ids=[row[0] for row in WAY_OUT]
)
def test_the_way_out_depends_on_no_right(change: dict[str, Any], reason: Reason) -> None:
    decision = decide(replace(GOOD, **{"door": OUT, **change}), TS)
    assert (decision.reason, decision.passback) == (reason, False)
    assert decision.leaving is (decision.kid is not None)


@pytest.mark.parametrize(
    ("context", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_situation_has_its_reason(context: DoorContext, reason: Reason) -> None:
    decision = decide(context, TS)
    assert decision.reason is reason
    assert decision.granted is (reason is Reason.GRANTED)
    assert decision.askable is (reason in ASKABLE)


@pytest.mark.parametrize(
    ("now", "reason"), [(TS + 31, Reason.CODE_EXPIRED), (TS - 11, Reason.CODE_FROM_FUTURE)]
)
def test_the_moment_has_its_reason(now: int, reason: Reason) -> None:
    assert decide(GOOD, now).reason is reason


def test_the_tables_reach_every_reason_that_decide_gives() -> None:
    elsewhere = {
        Reason.CODE_EXPIRED,
        Reason.CODE_FROM_FUTURE,
        Reason.INTERLOCK,
        Reason.DOOR_FAULT,
        Reason.JOURNAL_FULL,
    }
    assert {reason for _, _, reason in TABLE} == set(Reason) - elsewhere


BROKEN_STEP_BY_STEP: list[tuple[dict[str, Any], Reason]] = [
    ({"people_inside": 1, "door": door("normal", occupancy_limit=1)}, Reason.AREA_FULL),
    (
        {"last_grant": TS - 1, "door": door(passback="hard", occupancy_limit=1)},
        Reason.ANTI_PASSBACK,
    ),
    ({"holder": replace(PERSON, rights=())}, Reason.NO_RIGHT),
    ({"roster_at": TS - 8 * DAY}, Reason.RIGHTS_STALE),
    ({"holder": replace(PERSON, suspended=True, rights=())}, Reason.SUSPENDED),
    ({"holder": None}, Reason.UNKNOWN_HOLDER),
    ({"door": door(windows=())}, Reason.CLOSED),
    ({"door": door("lockdown", windows=())}, Reason.LOCKDOWN),
    ({"replayed": True}, Reason.REPLAYED),
    ({"token": parse_scan(FORGED)}, Reason.BAD_SIGNATURE),
    ({"token": replace(codes.parse(FORGED), ts=TS - 40)}, Reason.CODE_EXPIRED),
    ({"clock_set": False}, Reason.CLOCK_UNSET),
    ({"key": None}, Reason.UNKNOWN_KEY),
    ({"token": parse_scan(b"")}, Reason.MALFORMED),
]


def test_checks_run_in_the_documented_order() -> None:
    """Each step adds a fault that an earlier check finds, so that check gives the reason."""
    context = GOOD
    for change, reason in BROKEN_STEP_BY_STEP:
        context = replace(context, **change)
        assert decide(context, TS).reason is reason


def test_a_revoked_key_is_refused_before_the_clock_is_looked_at() -> None:
    assert (
        decide(replace(GOOD, key=replace(KEY, revoked=True), clock_set=False), TS).reason
        is Reason.REVOKED
    )


def test_soft_passback_marks_the_grant() -> None:
    decision = decide(replace(GOOD, last_grant=TS - 1), TS)
    assert (decision.granted, decision.passback) == (True, True)
    assert not decide(replace(GOOD, last_grant=TS - 1, door=door(passback="off")), TS).passback
    left = replace(GOOD, last_grant=TS - 9, last_left=TS - 5)
    assert not decide(left, TS).passback, "who has left comes in again"


def test_holder_and_key_are_named_only_when_proven() -> None:
    assert decide(GOOD, TS).kid == KEY.kid
    assert decide(replace(GOOD, holder=None), TS).kid == KEY.kid
    for unproven in (replace(GOOD, token=parse_scan(FORGED)), replace(GOOD, key=None)):
        decision = decide(unproven, TS)
        assert (decision.kid, decision.holder) == (None, None)


def test_a_long_code_names_its_holder_to_a_door_that_knows_neither() -> None:
    decision = decide(replace(GOOD, token=parse_scan(LONG), key=None, holder=None), TS)
    assert (decision.reason, decision.holder, decision.askable) == (
        Reason.UNKNOWN_HOLDER,
        HOLDER,
        True,
    )


def test_a_revoked_key_is_not_saved_by_its_certificate() -> None:
    revoked = replace(GOOD, token=parse_scan(LONG), key=replace(KEY, revoked=True))
    assert decide(revoked, TS).reason is Reason.REVOKED


def test_duress_opens_and_is_marked() -> None:
    text = codes.sign_short(PHONE, TS, codes.FLAG_DURESS).encode()
    decision = decide(replace(GOOD, token=parse_scan(text)), TS)
    assert (decision.granted, decision.duress) == (True, True)


def test_an_area_is_read_back_from_its_json() -> None:
    assert Area.from_json(GYM.to_json()) == GYM
