"""A process that is forked behaves as one that begins from nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.world.quick_processes import COMMAND, new_interpreters, program

SHOWN = Path(__file__).parent / "world" / "shown_process.py"


@pytest.fixture(params=["forked", "new"], autouse=True)
def start(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start the processes of a test in each of the two ways."""
    with nullcontext() if request.param == "forked" else new_interpreters():
        yield


def run(*arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(SHOWN), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def test_arguments_environment_folder_and_input_are_those_given(tmp_path: Path) -> None:
    (tmp_path / "input").write_text("asked")
    with (tmp_path / "input").open() as given:
        done = run("a b", env={"ZONE_ONLY": "ä", "TMPDIR": "/"}, cwd=tmp_path, stdin=given)
    shown = f"['{SHOWN}', 'a b'] ä None {tmp_path} asked /\n"
    assert (done.stdout, done.stderr, done.returncode) == (shown, "", 0)


def test_the_modules_of_its_own_folder_come_first() -> None:
    assert run("path").stdout == f"{SHOWN.parent}\n"


@pytest.mark.parametrize(("how", "code"), [("exit", 3), ("error", 1), ("kill", -signal.SIGKILL)])
def test_its_end_is_told(how: str, code: int) -> None:
    done = run(how)
    assert done.returncode == code
    assert ("ZeroDivisionError" in done.stderr) == (how == "error")
    # Whatever its end is, what was registered for it runs at the end of Python alone.
    assert ("the end" in done.stdout) == (how != "kill")


def test_a_signal_and_a_wait_reach_it() -> None:
    command = [sys.executable, str(SHOWN), "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waits\n"
        assert os.getsid(process.pid) == process.pid
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        # Not SIGINT, which a shell's background job ignores, with all that it starts.
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM


def test_a_shell_gets_the_command_with_its_output_and_exit_code() -> None:
    done = subprocess.run([*program(), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("zone, version")
    done = subprocess.run([*program(), "none"], capture_output=True, text=True, check=False)
    assert (done.returncode, "No such command" in done.stderr) == (2, True)


def test_the_process_is_one_of_its_own(start: None, request: pytest.FixtureRequest) -> None:
    process = subprocess.Popen([COMMAND, "--version"], stdout=subprocess.DEVNULL)
    forked = hasattr(process, "_forked")
    assert process.wait(60) == 0
    assert process.pid != os.getpid()
    assert forked == ("forked" in request.node.name)
