"""Figures for Prometheus: written by a real bridge on ptys, read by Prometheus's own parser."""

import stat
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from firmware_bridge import metrics
from firmware_bridge.cli import unit_text
from firmware_bridge.config import load
from firmware_bridge.door.answer import Answer
from firmware_bridge.metrics import BUCKETS, Decisions, Family, gauge, render
from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, Phone, Rig, eventually

Labels = frozenset[tuple[str, str]]


def parsed(text: str) -> dict[str, dict[Labels, float]]:
    """The samples by name and labels."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def of(**labels: str) -> Labels:
    return frozenset(labels.items())


AT_DOOR = of(door=DOOR)


@pytest.mark.slow
def test_a_bridge_at_work_writes_its_figures(rig: Rig, phone: Phone) -> None:
    file = rig.folder / "figures" / "zone-bridge.prom"
    file.parent.mkdir()
    text = rig.config.read_text()
    rig.config.write_text(f'metrics = "{file}"\n{text}')
    rig.times = {"metrics.WRITE_SECONDS": 0.2}
    rig.start()
    rig.know(phone)

    def figures() -> dict[str, dict[Labels, float]]:
        return parsed(file.read_text())

    assert rig.scan(phone.code())["granted"]
    assert not rig.scan("nonsense")["granted"]
    granted = of(door=DOOR, result="granted", reason="granted")
    eventually(lambda: len(figures().get("zone_bridge_decisions_total", ())) == 2)
    seen = figures()
    assert seen["zone_bridge_decisions_total"][granted] == 1
    assert seen["zone_bridge_decision_seconds_count"][AT_DOOR] == 2
    assert 0 < seen["zone_bridge_decision_seconds_sum"][AT_DOOR] < 2
    assert seen["zone_bridge_decision_seconds_bucket"][of(door=DOOR, le="+Inf")] == 2
    assert seen["zone_bridge_door_info"] == {of(door=DOOR, name="Gym"): 1}
    assert seen["zone_bridge_reader_up"] == {AT_DOOR: 1}
    assert seen["zone_bridge_board_up"] == {AT_DOOR: 1}
    assert seen["zone_bridge_clock_state"][of(state="synced")] == 1
    assert abs(seen["zone_bridge_clock_offset_seconds"][of()]) < 2
    assert 0 <= seen["zone_bridge_contact_age_seconds"][of()] < 30
    assert 0 <= seen["zone_bridge_roster_age_seconds"][of()] < 90
    assert seen["zone_bridge_journal_entries"][of()] >= 3
    assert "zone_bridge_alarm" not in seen
    loops = {dict(labels)["loop"].split()[0] for labels in seen["zone_bridge_loop_age_seconds"]}
    assert loops == {"ask", "upload", "download", "reader", "relay"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644, "node_exporter is another user"
    assert set(rows_of_names()) == {
        family.name for family in text_string_to_metric_families(file.read_text())
    } | {"zone_bridge_alarm"}, "what is written is documented, and nothing else"

    rig.relay.reply_mode = "silent"
    next_one = Phone()
    rig.know(next_one)
    assert not rig.scan(next_one.code())["granted"]
    eventually(lambda: figures()["zone_bridge_board_up"] == {AT_DOOR: 0})
    assert of(kind="relay_fault", door=DOOR) in figures()["zone_bridge_alarm"]
    rig.stop()
    assert not file.exists(), "old figures say nothing"


def rows_of_names() -> list[str]:
    """The names in the documentation, as Prometheus's parser names a family."""
    text = (Path(metrics.__file__).parents[1] / "docs" / "bridge.md").read_text(encoding="utf-8")
    table = text.split("## Figures for Prometheus\n")[1].split("\n## ")[0]
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    names = [name.strip("`| ") for row in rows for name in row.split(", ")]
    return [name.removesuffix("_total") for name in names]


@pytest.mark.slow
def test_a_folder_that_nobody_can_write_holds_up_no_door(rig: Rig, phone: Phone) -> None:
    text = rig.config.read_text()
    rig.config.write_text(f'metrics = "{rig.folder}/nowhere/zone-bridge.prom"\n{text}')
    rig.start()
    rig.event("metrics", up=False)
    rig.know(phone)
    assert rig.scan(phone.code())["granted"]
    assert rig.stop() == 0


def test_decisions_are_counted_by_result_and_time_and_repeats_are_not() -> None:
    decisions = Decisions([DOOR])
    granted = Answer(Decision(True, Reason.GRANTED), "u")
    for seconds in (0.001, 0.02, 5.0):
        decisions.count(DOOR, granted, seconds)
    decisions.count(DOOR, Answer(Decision(True, Reason.GRANTED), "u", repeat=True), 0.001)
    decisions.count(DOOR, Answer(Decision(False, Reason.EXPIRED), "u"), 0.02)
    found = parsed(render(decisions.families()))
    assert found["zone_bridge_decisions_total"] == {
        of(door=DOOR, result="granted", reason="granted"): 3,
        of(door=DOOR, result="refused", reason="expired"): 1,
    }
    buckets = found["zone_bridge_decision_seconds_bucket"]
    assert [buckets[of(door=DOOR, le=f"{le:g}")] for le in BUCKETS] == [1, 1, 3, 3, 3, 3, 3, 3]
    assert buckets[of(door=DOOR, le="+Inf")] == 4
    assert found["zone_bridge_decision_seconds_count"][AT_DOOR] == 4


def test_a_name_with_quotes_and_line_breaks_stays_one_value() -> None:
    name = 'The "green"\ndoor \\ here'
    text = render([gauge("a", "A door.", ({"name": name}, 1)), Family("b", "gauge", "None.", [])])
    assert parsed(text) == {"a": {of(name=name): 1}}


def test_the_unit_lets_the_bridge_write_the_file(rig: Rig) -> None:
    text = rig.config.read_text()
    rig.config.write_text(f'metrics = "/var/lib/prometheus/node-exporter/zone.prom"\n{text}')
    unit = unit_text(load(rig.config), rig.config)
    assert f"ReadWritePaths={rig.folder}/data /var/lib/prometheus/node-exporter\n" in unit
