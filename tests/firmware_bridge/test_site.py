"""A site on ptys with the bridge as a process: bad input, faults, and entries on the server."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.clock import monotonic
from firmware_bridge.devices.modbus import Flash
from firmware_bridge.sim.misbehaviour import Misbehaviour
from firmware_bridge.wire.messages.holders import Right
from firmware_bridge.wire.token import sign_short
from tests.world.rig import SITE, WAIT, Phone, Rig, eventually, now

pytestmark = pytest.mark.slow


@pytest.fixture
def open_site(rig: Rig, phone: Phone) -> Rig:
    """A running bridge whose roster has `phone`."""
    rig.start()
    rig.know(phone)
    return rig


def kinds(rig: Rig) -> list[str]:
    return [entry.kind for entry in rig.entries()]


def test_a_pass_opens_the_door_and_the_entry_is_uploaded(open_site: Rig, phone: Phone) -> None:
    answer = open_site.scan(phone.code())
    assert (answer["granted"], answer["light"], answer["holder"]) == (
        True,
        "green",
        phone.holder.holder,
    )
    assert [pulse.flash for pulse in open_site.relay.pulses] == [Flash(1, 0, 5000)]
    eventually(
        lambda: answer["uuid"] in {entry["uuid"] for entry in open_site.peer.entries.values()}
    )
    assert open_site.stop() == 0
    assert kinds(open_site) == ["started", "scan"]


def test_bad_codes_are_refused_and_the_next_good_one_opens(open_site: Rig, phone: Phone) -> None:
    stranger = Phone()
    people = {
        "expired": Phone(Right("gym", (), 0, int(now()) - 1)),
        "not_yet_valid": Phone(Right("gym", (), int(now()) + 3600, int(now()) + 7200)),
        "wrong_campus": Phone(Right("gym", ("arabia",), 0, int(now()) + 60)),
    }
    open_site.know(*people.values())
    forged = phone.code()[:-6] + stranger.code()[-6:]
    bad: list[tuple[str, str | bytes]] = [
        ("unknown_key", stranger.code()),
        ("malformed", phone.code()[:100]),
        ("malformed", bytes(range(14, 256))),
        ("malformed", b"\xff\xfe" * 60),
        ("bad_signature", forged),
        ("code_expired", phone.code(ahead=-40)),
        ("code_from_future", phone.code(ahead=60)),
        *((reason, person.code()) for reason, person in people.items()),
    ]
    for reason, text in bad:
        answer = open_site.scan(text)
        assert (answer["reason"], answer["light"], answer["repeat"]) == (reason, "red", False)
    assert open_site.scan(phone.code())["light"] == "green"
    scans = [entry for entry in open_site.entries() if entry.kind == "scan"]
    assert [str(entry.reason) for entry in scans] == [*(reason for reason, _ in bad), "granted"]
    assert len(open_site.relay.pulses) == 1


def test_five_megabytes_without_an_end_are_one_refusal_and_no_memory(
    open_site: Rig, phone: Phone
) -> None:
    assert open_site.scan(phone.code())["light"] == "green"
    before = resident(open_site)
    open_site.reader.wire.write(b"A" * 5_000_000)
    assert open_site.event("decision")["reason"] == "malformed"
    other = Phone()
    open_site.know(other)
    open_site.reader.wire.write(b"\r")
    assert open_site.scan(other.code())["light"] == "green"
    assert resident(open_site) - before < 2_000_000
    assert [str(entry.reason) for entry in open_site.entries() if entry.kind == "scan"] == [
        "granted",
        "malformed",
        "granted",
    ]


def resident(rig: Rig) -> int:
    """The resident memory of the bridge in bytes."""
    assert rig.process is not None
    with open(f"/proc/{rig.process.pid}/statm") as statm:  # noqa: PTH123 -- a file of /proc
        return int(statm.read().split()[1]) * 4096


def test_a_replayed_code_is_refused_across_a_restart(open_site: Rig, phone: Phone) -> None:
    code = phone.code()
    assert open_site.scan(code)["granted"]
    assert open_site.stop() == 0
    open_site.start()
    assert open_site.scan(code)["reason"] == "replayed"
    assert len(open_site.relay.pulses) == 1


# A new code begins every two seconds.
@pytest.mark.parametrize("seconds", [2.5, pytest.param(5, marks=pytest.mark.thorough)])
def test_a_phone_that_is_held_up_is_one_strike_and_green_all_the_time(
    open_site: Rig, phone: Phone, seconds: float
) -> None:
    answers, until = [], monotonic() + seconds
    while monotonic() < until:
        answers.append(open_site.scan(sign_short(phone.key, int(now()) // 2 * 2)))
        time.sleep(0.25)  # as often as a scanner reads again
    assert {answer["light"] for answer in answers} == {"green"}
    assert [answer["repeat"] for answer in answers] == [False] + [True] * (len(answers) - 1)
    assert (len(open_site.relay.pulses), kinds(open_site).count("scan")) == (1, 1)


def fill_the_display(rig: Rig) -> None:
    rig.stop_reading_events()
    for number in range(60):  # each some 400 bytes of events; the pipe and its reader hold 12 KB
        rig.reader.scan(f"junk {number}")
        time.sleep(0.005)


def check_a_display_that_hangs_holds_up_no_door(
    rig: Rig, phone: Phone, patience: float = WAIT
) -> None:
    fill_the_display(rig)
    rig.reader.scan(phone.code())
    eventually(lambda: rig.relay.pulses, "the door opens", patience)
    rig.display_reads.set()
    assert rig.event("decision", granted=True)["light"] == "green"


def test_a_display_that_hangs_holds_up_no_door(open_site: Rig, phone: Phone) -> None:
    check_a_display_that_hangs_holds_up_no_door(open_site, phone)


@pytest.mark.thorough
@pytest.mark.planted_fault("the door waits for whoever reads its events")
def test_a_door_that_waits_for_its_display_fails_the_check(rig: Rig, phone: Phone) -> None:
    rig.start(planted="report_waits")
    rig.know(phone)
    with pytest.raises(AssertionError, match="the door opens"):
        check_a_display_that_hangs_holds_up_no_door(rig, phone, patience=1.0)


def test_a_display_and_a_log_that_hang_do_not_hold_up_the_end(open_site: Rig, phone: Phone) -> None:
    fill_the_display(open_site)
    assert open_site.process is not None
    open_site.process.terminate()
    assert open_site.process.wait(WAIT) == 0


@pytest.mark.parametrize(
    "how", [Misbehaviour(byte_by_byte=True), Misbehaviour(byte_by_byte=True, pause_ms=1)]
)
def test_a_slow_line_is_read_whole(open_site: Rig, phone: Phone, how: Misbehaviour) -> None:
    open_site.reader.misbehaviour = how
    # Repeated, because a busy machine may delay the sender for longer than a line may pause.
    eventually(lambda: open_site.scan(phone.code())["light"] == "green")


def test_noise_and_loss_never_open_and_never_hang(open_site: Rig, phone: Phone) -> None:
    open_site.reader.misbehaviour = Misbehaviour(noise=0.05, loss=0.05)
    for _ in range(10):
        assert open_site.scan(phone.code())["light"] == "red"
    open_site.reader.misbehaviour = Misbehaviour()
    eventually(lambda: open_site.scan(phone.code())["light"] == "green")


def test_a_scanner_that_sends_no_end_of_line_works(open_site: Rig, phone: Phone) -> None:
    open_site.reader.wire.write(phone.code().encode())
    assert open_site.event("decision")["granted"]


def test_an_unplugged_reader_works_after_its_return_and_is_reported_once(
    open_site: Rig, phone: Phone
) -> None:
    open_site.reader.wire.unplug()
    open_site.event("reader", up=False)
    open_site.reader.wire.plug_in()
    open_site.event("reader", up=True)
    assert open_site.scan(phone.code())["granted"]
    assert kinds(open_site) == ["started", "reader_lost", "reader_back", "scan"]


def test_with_an_unplugged_relay_the_door_is_red_until_it_is_back(
    open_site: Rig, phone: Phone
) -> None:
    open_site.relay.wire.unplug()
    answer = open_site.scan(phone.code())
    assert (answer["granted"], answer["light"]) == (False, "red")
    assert "lock of this door" in answer["words"]["en"]
    open_site.relay.wire.plug_in()
    open_site.event("board", up=True)
    assert open_site.scan(phone.code())["light"] == "green"
    assert kinds(open_site) == ["started", "scan", "relay_fault", "scan"]


def test_a_relay_that_hung_up_between_two_strikes_is_opened_again_at_once(
    open_site: Rig, phone: Phone
) -> None:
    other = Phone()
    open_site.know(other)
    assert open_site.scan(phone.code())["light"] == "green"
    open_site.relay.wire.unplug()
    open_site.relay.wire.plug_in()
    assert open_site.scan(other.code())["light"] == "green"
    assert kinds(open_site) == ["started", "scan", "scan"]


@pytest.mark.parametrize("reply_mode", ["silent", "wrong", "refuse", "adapter"])
def test_a_relay_that_does_not_confirm_is_red(
    open_site: Rig, phone: Phone, reply_mode: Any
) -> None:
    open_site.relay.reply_mode = reply_mode
    assert open_site.scan(phone.code())["light"] == "red"
    assert kinds(open_site)[-1] == "relay_fault"


# The server.


# 720: one every five seconds for an hour.
@pytest.mark.parametrize("scans", [80, pytest.param(720, marks=pytest.mark.thorough)])
def test_with_the_server_gone_for_long_each_entry_is_stored_once(
    open_site: Rig, scans: int
) -> None:
    """The first answers are lost when the server is back."""
    people = [Phone() for _ in range(scans // 4)]
    ended = Phone(Right("gym", (), 0, 5))
    open_site.know(*people, ended)
    open_site.peer.stop()
    for number in range(scans):
        if number % 4:
            open_site.scan(ended.code())
        else:
            assert open_site.scan(people[number // 4].code())["light"] == "green"
    open_site.peer.drop_answers = 2
    open_site.peer.start()
    stored = open_site.peer.entries
    eventually(lambda: len(stored) == scans + 1, "every entry stored")
    assert len({entry["uuid"] for entry in stored.values()}) == scans + 1
    assert {seq for _, seq in stored} == set(range(1, scans + 2))
    assert [entry.to_json() for entry in open_site.entries()] == [
        stored[key] for key in sorted(stored)
    ]
    # The peer stores before it loses its answer, and the bridge waits before it tries again.
    uploads = open_site.peer.uploads
    eventually(
        lambda: sum(len(upload.rows) for upload in uploads) > scans + 1, "entries sent once more"
    )
    assert len(stored) == scans + 1


def test_a_holder_added_while_the_server_was_away_enters_after_its_return(
    open_site: Rig,
) -> None:
    new = Phone()
    open_site.peer.stop()
    assert open_site.scan(new.code())["reason"] == "unknown_key"
    open_site.peer.put(new.holder)
    open_site.peer.start()
    open_site.event("changes")
    assert open_site.scan(new.code(ahead=1))["light"] == "green"


def test_an_unknown_phone_is_asked_about_and_opens(open_site: Rig) -> None:
    new = Phone()
    open_site.peer.asked_only[new.holder.holder] = new.holder
    assert open_site.scan(new.code())["light"] == "green"
    assert [question["kid"] for question in open_site.peer.questions] == [new.kid.hex()]


def test_a_slow_server_is_not_waited_for_but_its_answer_counts_later(open_site: Rig) -> None:
    new = Phone()
    open_site.peer.asked_only[new.holder.holder] = new.holder
    open_site.peer.ask_delay = 1.5
    began = monotonic()
    answer = open_site.scan(new.code())
    assert (answer["reason"], monotonic() - began < 1.2) == ("unknown_key", True)
    open_site.peer.ask_delay = 0.0
    eventually(lambda: open_site.scan(new.code(ahead=1))["light"] == "green")


def test_a_lockdown_of_the_site_reaches_the_door(open_site: Rig, phone: Phone) -> None:
    open_site.peer.change_site(
        replace(SITE, doors=tuple(replace(door, state="lockdown") for door in SITE.doors))
    )
    open_site.event("changes")
    assert open_site.scan(phone.code())["reason"] == "lockdown"


def test_after_a_restore_of_the_server_the_roster_is_fetched_anew_page_by_page(
    open_site: Rig, phone: Phone
) -> None:
    people = [Phone() for _ in range(5)]
    open_site.peer.rows.clear()
    open_site.peer.page, open_site.peer.epoch = 2, "epoch-2"
    open_site.peer.put(*(person.holder for person in people))
    open_site.event("changes", more=False, snapshot=False)
    assert open_site.scan(phone.code())["reason"] == "unknown_key"
    assert open_site.scan(people[4].code())["light"] == "green"


def test_a_revoked_token_is_renewed(open_site: Rig, phone: Phone) -> None:
    before = open_site.peer.sign_ons
    open_site.peer.revoke_tokens()
    open_site.know(Phone())
    assert open_site.peer.sign_ons > before
    assert open_site.scan(phone.code())["granted"]


def test_a_clean_stop_is_quick_and_leaves_a_whole_chain(open_site: Rig, phone: Phone) -> None:
    open_site.scan(phone.code())
    began = monotonic()
    assert open_site.stop() == 0
    assert monotonic() - began < 3
    journal = open_site.journal()
    assert journal.verify_chain() == 2
    journal.close()


def test_a_bridge_with_a_failed_door_ends_so_that_it_is_restarted(rig: Rig) -> None:
    rig.start(planted="door_dies")
    rig.reader.scan("anything")
    assert rig.process is not None
    assert rig.process.wait(WAIT) == 1
    assert "a planted fault" in (rig.folder / "log").read_text()
    rig.kill()
    rig.start()
    assert rig.scan("anything else")["reason"] == "malformed"


def test_the_log_contains_no_pseudonym(open_site: Rig, phone: Phone) -> None:
    open_site.scan(phone.code())
    open_site.stop()
    assert str(phone.holder.holder) not in (open_site.folder / "log").read_text()


def count_realtime_threads(rig: Rig) -> int:
    assert rig.process is not None
    tasks = Path(f"/proc/{rig.process.pid}/task").iterdir()
    return sum(os.sched_getscheduler(int(task.name)) == os.SCHED_RR for task in tasks)


def check_the_door_has_priority(rig: Rig, phone: Phone, *, planted: str = "") -> None:
    rig.start(planted=planted)
    rig.know(phone)
    assert rig.scan(phone.code())["struck"]
    # That of the reader, and that of the line of its board.
    assert count_realtime_threads(rig) == 2


def may_set_priorities() -> bool:
    before = os.sched_getscheduler(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, before, os.sched_param(0))
    return True


@pytest.mark.skipif(not may_set_priorities(), reason="this user may not set priorities")
def test_what_a_person_at_the_door_waits_for_has_realtime_priority(rig: Rig, phone: Phone) -> None:
    check_the_door_has_priority(rig, phone)


@pytest.mark.thorough
@pytest.mark.planted_fault("a door, or its board alone, at normal priority")
@pytest.mark.parametrize("planted", ["equal_threads", "equal_boards"])
def test_a_door_at_normal_priority_fails_the_check(rig: Rig, phone: Phone, planted: str) -> None:
    with pytest.raises(AssertionError):
        check_the_door_has_priority(rig, phone, planted=planted)


def test_a_door_that_may_not_set_its_priority_reports_it_and_opens(rig: Rig, phone: Phone) -> None:
    rig.start(planted="no_priority")
    assert "not permitted" in str(rig.event("priority")["why"])
    rig.know(phone)
    assert rig.scan(phone.code())["struck"]


def test_a_bridge_with_a_damaged_roster_fetches_it_again_and_opens(
    open_site: Rig, phone: Phone
) -> None:
    open_site.stop()
    (open_site.folder / "data" / "roster.sqlite").write_bytes(b"\xa5" * 20_000)
    open_site.start()
    assert "file is not a database" in (open_site.folder / "log").read_text()
    eventually(lambda: open_site.scan(phone.code())["light"] == "green")
