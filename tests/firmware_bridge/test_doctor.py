"""`zone-bridge doctor`: what is wired or set wrongly is named, with what to do."""

import builtins
import termios
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from firmware_bridge import doctor, doctor_reader
from firmware_bridge.cli import main
from firmware_bridge.config import load
from firmware_bridge.devices import ssi
from firmware_bridge.devices.board_profiles import BOARDS
from firmware_bridge.devices.reader_profiles import PROFILES
from firmware_bridge.doctor import examine
from firmware_bridge.doctor_reader import BoxFinding, Confirm
from firmware_bridge.sim.relay import SimulatedRelay
from tests.world.rig import DOOR, Phone, Rig, eventually, rigged

pytestmark = pytest.mark.usefixtures("quick_lines")

Break = Callable[[Rig], None]


def edit(old: str, new: str) -> Break:
    def change(rig: Rig) -> None:
        text = rig.config.read_text()
        assert old in text
        rig.config.write_text(text.replace(old, new))

    return change


def findings(rig: Rig, confirm: Confirm | None = None) -> list[BoxFinding]:
    return list(examine(load(rig.config), confirm))


def wrong(rig: Rig, confirm: Confirm | None = None) -> list[tuple[str, str]]:
    return [(one.what, one.step) for one in findings(rig, confirm) if not one.good]


def test_a_box_that_is_all_right_has_nothing_to_mend(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--no-ask", "--config", str(rig.config)]) == 0
    said = capsys.readouterr().out
    for part in (
        "MB free",
        "knows this bridge",
        "the clock is +0 s off",
        "doors[0]: Gym",
        "answers",
    ):
        assert part in said
    assert rig.relay.pulses == []


FAULTS: dict[str, tuple[Break, str, str]] = {
    "wrong unit": (
        edit("baud = 115200 }", "baud = 115200, unit = 5 }"),
        "board 5 on",
        "answers as unit 1 at 115200 baud",
    ),
    "no board": (
        lambda rig: setattr(rig.relay, "reply_mode", "silent"),
        "does not answer",
        "swap them",
    ),
    "an adapter alone": (
        lambda rig: setattr(rig.relay, "reply_mode", "adapter"),
        "does not answer",
        "swap them",
    ),
    "wrong port of the reader": (edit("/reader", "/nowhere"), "nowhere", "Check the cable"),
    "wrong door": (edit(DOOR, DOOR[:-2] + "99"), DOOR[:-2] + "99", "compare the id"),
    "no server": (lambda rig: rig.peer.stop(), "http://127.0.0.1", "Check the network"),
    "unknown key": (lambda rig: rig.peer._bridges.clear(), "http://127.0.0.1", "was revoked"),
    "clock": (lambda rig: setattr(rig.peer, "clock_offset", 3600.0), "-3600 s off", "time server"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_named_with_what_to_do(rig: Rig, fault: str) -> None:
    break_it, what, step = FAULTS[fault]
    break_it(rig)
    ((said, to_do),) = wrong(rig)
    assert what in said
    assert step in to_do


def scanned(rig: Rig, text: str | bytes | None) -> Confirm:
    """Answer yes to all; show this to the reader when asked."""

    def confirm(question: str) -> bool:
        if question.startswith("Show") and text is not None:
            rig.later(0.2, lambda: rig.reader.scan(text))
        return True

    return confirm


@pytest.mark.parametrize(
    ("text", "what", "step"),
    [
        (b"\xc3\x80\x80\x1c\xff\xfe", "no text", "speed and parity"),
        ("]Q1Z1 ABC", "no code of a pass", "adds to a code"),
        (None, "nothing came", "USB serial"),
    ],
)
def test_a_reader_that_is_set_wrongly_is_told_from_one_that_is_silent(
    rig: Rig, text: str | bytes | None, what: str, step: str
) -> None:
    ((said, to_do),) = wrong(rig, scanned(rig, text))
    assert what in said
    assert step in to_do


def test_the_code_of_a_pass_and_a_pulse_are_tried(rig: Rig) -> None:
    assert wrong(rig, scanned(rig, Phone().code())) == []
    assert [pulse.flash.ms for pulse in rig.relay.pulses] == [doctor.PULSE_MS]


def test_a_lock_that_does_not_click_has_a_step(rig: Rig) -> None:
    confirm = scanned(rig, Phone().code())
    said = wrong(rig, lambda question: "click" not in question and confirm(question))
    assert [step.partition("'")[0] for _, step in said] == ["Check the strike"]


INPUTS = "contact = { input = 0 }\nexit = { input = 1, inverted = true }"


def with_inputs(rig: Rig) -> None:
    """A shut door whose contact and exit button are wired."""
    rig.write_config(more=INPUTS)
    rig.relay.closed_inputs = {0, 1}


def at_the_door(rig: Rig, *, contact: bool = True, button: bool = True) -> Confirm:
    """Do at the door what is asked; without `contact` or `button` its wire is broken."""

    def confirm(question: str) -> bool:
        if question.startswith("Open the door Gym, ") and contact:
            rig.relay.closed_inputs.discard(0)
        if question.startswith("Hold the exit button") and button:
            rig.relay.closed_inputs.discard(1)
        return scanned(rig, Phone().code())(question)

    return confirm


def test_a_contact_and_an_exit_button_are_tried(rig: Rig) -> None:
    with_inputs(rig)
    assert wrong(rig) == []
    said = [one.what for one in findings(rig)]
    assert said[-2:] == [
        "contact at input 0 of board 1: the door is shut",
        "exit button at input 1 of board 1: not pressed",
    ]
    assert wrong(rig, at_the_door(rig)) == []


@pytest.mark.parametrize("broken", ["contact", "button"])
def test_an_input_that_says_the_same_whatever_is_done_has_a_step(rig: Rig, broken: str) -> None:
    with_inputs(rig)
    ((said, to_do),) = wrong(rig, at_the_door(rig, **{broken: False}))
    assert "whatever is done there" in said
    assert "Check the wires" in to_do


@pytest.mark.parametrize("name", ["contact", "exit button"])
def test_an_input_that_says_the_opposite_has_a_step(rig: Rig, name: str) -> None:
    with_inputs(rig)
    old, new = {
        "contact": ("{ input = 0 }", "{ input = 0, inverted = true }"),
        "exit button": ("{ input = 1, inverted = true }", "{ input = 1 }"),
    }[name]
    edit(old, new)(rig)
    ((said, to_do),) = wrong(rig, at_the_door(rig))
    assert said.startswith(name)
    assert "change `inverted`" in to_do


def test_an_input_that_nobody_tries_is_not_said_to_work(rig: Rig) -> None:
    with_inputs(rig)
    confirm = at_the_door(rig)
    said = wrong(rig, lambda asked: not asked.startswith("Open the door Gym, ") and confirm(asked))
    assert [what.partition(": ")[2] for what, _ in said] == ["not tried"]


class SlowBoard(SimulatedRelay):
    """A board that hears only what is sent at its own speed, as on a real line."""

    def __init__(self, link: Path, baud: int, unit: int) -> None:
        self._speed = getattr(termios, f"B{baud}")
        super().__init__(link, unit=unit)

    def _feed(self, data: bytes, at: int) -> None:
        # The line of a pty carries every speed; both of its ends know which one was set.
        ours = self.wire._ours
        if ours is not None and termios.tcgetattr(ours)[5] == self._speed:
            super()._feed(data, at)


@pytest.mark.parametrize(("baud", "unit"), [(9600, 1), (38400, 3)])
def test_a_board_at_another_speed_or_address_is_found(
    rig: Rig, tmp_path: Path, baud: int, unit: int
) -> None:
    board = SlowBoard(tmp_path / "slow", baud, unit)
    edit("/relay", "/slow")(rig)
    ((said, to_do),) = wrong(rig)
    assert "does not answer" in said
    assert f"answers as unit {unit} at {baud} baud" in to_do
    edit("baud = 115200 }", f"baud = {baud}, unit = {unit} }}")(rig)
    assert wrong(rig) == []
    board.close()


def test_a_reader_and_a_board_with_each_other_s_port_are_found(rig: Rig) -> None:
    text = rig.config.read_text()
    swapped = text.replace("/reader", "/other").replace("/relay", "/reader")
    rig.config.write_text(swapped.replace("/other", "/relay"))
    ((said, to_do),) = wrong(rig)
    assert "does not answer" in said
    assert "each other's `port`" in to_do


def test_a_port_of_a_board_that_is_not_there_is_named(rig: Rig) -> None:
    edit("/relay", "/nowhere")(rig)
    ((said, to_do),) = wrong(rig)
    assert said.endswith("is not there")
    assert to_do.startswith(doctor_reader.PORT_STEP)


@pytest.mark.parametrize("inverted", [False, True])
def test_the_contact_of_a_fire_alarm_is_read(rig: Rig, inverted: bool) -> None:
    fire = f"fire = {{ input = 3, inverted = {str(inverted).lower()} }}\n"
    rig.config.write_text(fire + rig.config.read_text())
    if inverted:
        rig.relay.closed_inputs.add(3)
    assert "fire alarm at input 3" in findings(rig)[-1].what
    assert findings(rig)[-1].good
    (rig.relay.closed_inputs.discard if inverted else rig.relay.closed_inputs.add)(3)
    ((said, step),) = wrong(rig)
    assert said.endswith(": a fire")
    assert "`inverted`" in step
    rig.relay.reply_mode = "no_inputs"
    ((said, step),) = wrong(rig)
    assert (said.endswith(": no answer"), step) == (True, doctor.NO_INPUTS)


def test_a_folder_of_figures_that_cannot_be_written_is_named(rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "figures" / "zone-bridge.prom"
    rig.config.write_text(f'metrics = "{file}"\n' + rig.config.read_text())
    ((said, step),) = wrong(rig)
    assert said.startswith("metrics: ")
    assert "Make that folder" in step
    file.parent.mkdir()
    assert wrong(rig) == []
    assert list(file.parent.iterdir()) == []


def test_a_board_without_inputs_is_named(rig: Rig) -> None:
    with_inputs(rig)
    rig.relay.reply_mode = "no_reading"
    assert {step for what, step in wrong(rig) if "input" in what} == {doctor.NO_INPUTS}


def test_the_server_is_told_what_still_waits_on_the_box(rig: Rig) -> None:
    rig.start()
    rig.event("changes")
    rig.peer.stop()
    rig.scan("JUNK")
    rig.stop()
    rig.peer.start()
    assert wrong(rig) == []
    assert int(rig.peer.statuses[-1]["waiting"]) >= 1


def test_a_running_bridge_is_not_disturbed(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig.start()
    assert main(["doctor", "--no-ask", "--config", str(rig.config)]) == 2
    assert "stop it first" in capsys.readouterr().err


def test_a_box_that_is_not_enrolled_is_told_so(rig: Rig, tmp_path: Path) -> None:
    edit(f"{rig.folder}/data", str(tmp_path / "fresh"))(rig)
    step = "Run zone-bridge enrol with a code of the page Doors and bridges."
    assert ("not enrolled", step) in wrong(rig)


def test_the_question_is_yes_only_by_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    from firmware_bridge import cli

    for typed, meant in (("y", True), ("Yes ", True), ("", False), ("no", False)):
        monkeypatch.setattr(builtins, "input", lambda question, typed=typed: typed)
        assert cli._confirm("Open?") is meant


# Scanners that are set otherwise than the settings say.


def sends(rig: Rig, *pieces: bytes) -> Confirm:
    """Answer yes to all; when asked for a scan, send these pieces with pauses of 0.4 s."""

    def confirm(question: str) -> bool:
        if question.startswith("Show"):
            for number, piece in enumerate(pieces):
                rig.later(0.2 + 0.4 * number, partial(rig.reader.wire.write, piece))
        return True

    return confirm


CODE = Phone().code().encode()


@pytest.mark.parametrize(
    ("settings", "pieces", "what", "step"),
    [
        ("", ssi.decode_data(CODE), "Simple Serial Interface", 'profile = "zebra-ssi"'),
        (', profile = "zebra-ssi"', [CODE + b"\r"], "without packets", 'profile = "zebra"'),
        ("", [b"P01" + CODE + b"\r"], "no code of a pass", 'prefix = "P01"'),
        ("", [CODE + b"#END\r"], "no code of a pass", 'suffix = "#END"'),
        ("", [CODE[:60], CODE[60:] + b"\r"], "comes in pieces", "`gap_ms` to more than 150"),
        (', profile = "gm65"', [b""], "nothing came", "`trigger = true`"),
    ],
)
def test_what_is_set_otherwise_in_the_scanner_is_named(
    rig: Rig,
    settings: str,
    pieces: list[bytes],
    what: str,
    step: str,
) -> None:
    rig.write_config(reader=settings)
    ((said, to_do),) = wrong(rig, sends(rig, *pieces))
    assert what in said
    assert step in to_do


@pytest.mark.parametrize("before", [b"", b"]Q1", b"\x02"])
def test_what_the_bridge_takes_off_by_itself_is_all_right(rig: Rig, before: bytes) -> None:
    assert wrong(rig, sends(rig, before + CODE + b"\x03")) == []


def test_a_scanner_with_packets_is_acknowledged_by_the_doctor_too(tmp_path: Path) -> None:
    with rigged(tmp_path, profile=PROFILES["zebra-ssi"]) as rig:
        rig.write_config(reader=', profile = "zebra-ssi"')
        assert wrong(rig, scanned(rig, Phone().code())) == []
        eventually(lambda: rig.reader.sent_packets == 1)


# Boards of other families, lamps, and a relay that stays closed.


def test_a_board_of_lc_technology_is_tried_with_its_lamps(tmp_path: Path) -> None:
    with rigged(tmp_path, board=BOARDS["lctech"]) as rig:
        rig.write_config(relay=', profile = "lctech"', more=LAMPS)
        assert wrong(rig, scanned(rig, Phone().code())) == []
        pulses = [(pulse.flash.coil, pulse.flash.ms) for pulse in rig.relay.pulses]
        assert pulses == [(0, doctor.PULSE_MS), (1, doctor.PULSE_MS), (2, 300)]


LAMPS = """signals = [
  { on = "granted", coil = 1 },
  { on = "refused", coil = 2, ms = 300 },
]"""


def test_a_lamp_that_does_not_show_has_a_step(rig: Rig) -> None:
    rig.write_config(more=LAMPS)
    confirm = scanned(rig, Phone().code())
    said = wrong(rig, lambda question: "refused" not in question and confirm(question))
    ((what, step),) = said
    assert "signal for refused at coil 2" in what
    assert "its wires" in step


def test_a_board_of_another_family_has_a_step(tmp_path: Path) -> None:
    with rigged(tmp_path, board=BOARDS["waveshare"]) as rig:
        rig.write_config(relay=', profile = "lctech", unit = 1')
        ((what, step),) = wrong(rig, scanned(rig, Phone().code()))
        assert "refused with code 2" in what
        assert step == "Set `profile` to the family of the board: waveshare, lctech."


def test_a_relay_that_stays_closed_is_found_and_opened(rig: Rig) -> None:
    rig.relay.holds = True
    ((what, step),) = wrong(rig, scanned(rig, Phone().code()))
    assert "stayed closed" in what
    assert "Do not use it so." in step
    assert not rig.relay.coil_closed(0)


def test_without_any_answer_the_kind_of_board_that_gives_none_is_named(rig: Rig) -> None:
    rig.relay.reply_mode = "silent"
    ((_, step),) = wrong(rig)
    assert "(LCUS)" in step
