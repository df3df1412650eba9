"""The switch of the demo's gym door: its page, and what the simulator is told."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from tests.world.people import a_browser
from tests.world.rendered_forms import forms_of
from tests.world.rig import eventually
from zone.app import create_app
from zone.core.config import Settings
from zone.demo.door_switch import commands_for, following
from zone.demo.machine.processes import Process, python
from zone.operation.demo_door.rules import GOINGS_ON

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Process]:
    """A simulated reader and board with a door."""
    links = ["--reader-link", str(tmp_path / "reader"), "--relay-link", str(tmp_path / "relay")]
    command = python("-m", "firmware_bridge.sim", *links, "--door")
    door = Process("sim", command, log=tmp_path / "sim.log", env=os.environ, stdin=True)
    door.await_ready(lambda: '"ready"' in door.output(), 30)
    yield door
    door.stop()


def test_the_simulator_knows_every_command(door: Process) -> None:
    for name in GOINGS_ON:
        for told in commands_for(name):
            door.send(json.dumps(told))
    door.send(json.dumps({"scan": "the last"}))
    eventually(lambda: '"scanned"' in door.output())
    assert "error" not in door.output()


def test_what_is_chosen_on_the_page_goes_on_at_the_door(
    app: Flask, settings: Settings, door: Process
) -> None:
    page = a_browser(create_app(replace(settings, demo=True)))
    with following(settings.data_dir, door):
        for times in (1, 2):
            [form] = [form for form in forms_of(page, "/demo/door") if "goes_on" in form.data]
            assert form.submit(page, "Let it happen", goes_on="force").status_code == 303
            eventually(partial(_has_opened, door, times))
    assert 'value="force" checked' in page.get("/demo/door?lang=en").text


def _has_opened(door: Process, times: int) -> bool:
    return door.output().count('"open": true') == times


def test_without_the_demo_there_is_no_switch(app: Flask) -> None:
    assert a_browser(app).get("/demo/door").status_code == 404
