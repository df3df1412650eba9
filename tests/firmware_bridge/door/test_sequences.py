"""Whatever happens in whatever order: no pulse without its entry on disk, none without an end."""

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.door import machine, runner
from firmware_bridge.door.interlock import Interlock
from firmware_bridge.door.runner import Runner
from tests.world.door_world import DoorWorld

EVENTS_EACH = 60
JUMPS = (31, -31, 3600, -3600, 86400)


def happen(world: DoorWorld, chance: random.Random) -> None:
    """Let one thing happen."""
    door = chance.randrange(2)
    choices: list[tuple[int, Callable[[], None]]] = [
        (8, lambda: world.scan(door, world.new_code())),
        (3, lambda: world.scan(door, chance.choice(world.codes)) if world.codes else None),
        (1, lambda: world.scan(door, "junk")),
        (3, lambda: world.command(door)),
        (
            2,
            lambda: (
                world.repeat_command(chance.randrange(-9, 0)) if len(world.orders) > 9 else None
            ),
        ),
        (10, lambda: world.pass_time(chance.choice((0.1, 0.5, 2, 7, 20)))),
        (
            4,
            lambda: world.release(door, chance.choice((5, 60)), first_person=chance.random() < 0.3),
        ),
        (2, lambda: world.change_door(door, state=chance.choice(("blocked", "lockdown")))),
        (4, lambda: world.change_door(door, state="normal")),
        (2, lambda: setattr(world, "shut_next", door)),
        (1, lambda: world.change_door(door, strike_ms=chance.choice((500, 5000, 60_000)))),
        (2, lambda: world.move_contact(door, chance.choice((True, False, None)))),
        (3, lambda: world.move_contact(door, False)),
        (1, lambda: setattr(world, "fire", chance.choice((True, None)))),
        (2, lambda: setattr(world, "fire", False)),
        (1, lambda: setattr(world.coils[door], "how", chance.choice(("dead", "silent")))),
        (3, lambda: setattr(world.coils[door], "how", "good")),
        (1, lambda: world.fill_disk(full=True)),
        (2, lambda: world.fill_disk(full=False)),
        (1, lambda: setattr(world, "slow_seconds", chance.choice((0.0, 0.3, 5.0)))),
        (2, lambda: setattr(world, "slow_seconds", 0.0)),
        (2, lambda: world.let_in_elsewhere(chance.randrange(99))),
        (2, lambda: setattr(world.clock, "wall", world.clock.wall + chance.choice(JUMPS))),
        (2, world.restart),
    ]
    weights, events = zip(*choices, strict=True)
    chance.choices(events, weights)[0]()


def check_sequences(folder: Path, seeds: range) -> Counter[str]:
    figures: Counter[str] = Counter()
    for seed in seeds:
        chance = random.Random(seed)
        own = folder / str(seed)
        own.mkdir()
        limit, inner = chance.choice((None, 3)), chance.choice(("in", "in", "out"))
        world = DoorWorld(own, people=20, limit=limit, inner=inner)
        try:
            for _ in range(EVENTS_EACH):
                happen(world, chance)
            world.end()
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise
        figures += world.figures
    return figures


def test_in_any_sequence_no_door_opens_without_its_entry(tmp_path: Path) -> None:
    print(dict(check_sequences(tmp_path, range(12))))


@pytest.mark.thorough
@pytest.mark.timeout(3600)
def test_in_many_sequences_no_door_opens_without_its_entry(tmp_path: Path) -> None:
    count = int(os.environ.get("ZONE_SEQUENCES", "2000"))
    print(dict(check_sequences(tmp_path, range(1000, 1000 + count))))


CARRY_OUT = runner.carry_out


def strike_first(door_runner: Runner, command: machine.Command | None) -> machine.Event:
    if isinstance(command, machine.Store) and command.entry.granted:
        door_runner.strike(command.entry.uuid)
    return CARRY_OUT(door_runner, command)


@pytest.mark.planted_fault("one of the rules by which a door stays shut")
@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (runner, "carry_out", strike_first),
        (Runner, "note", lambda self, kind, ref=None: True),
        (runner, "SHUT", ()),
        (Interlock, "claim", lambda self, door, at, until: True),
        (Interlock, "hold", lambda self, door, until: None),
    ],
    ids=["strikes first", "releases unstored", "ignores a lockdown", "no airlock", "after a kill"],
)
def test_a_door_without_one_of_its_rules_fails_the_check(
    tmp_path: Path, owner: object, name: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(AssertionError):
        check_sequences(tmp_path, range(40))
