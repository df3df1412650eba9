"""The command `zone` in the process of the test: a process of its own costs 1.5 s of CPU."""

import sys
from collections.abc import Callable

import pytest

from zone.cli import main

RunCommand = Callable[..., tuple[int, str]]
"""Runs `zone` with arguments and settings; returns its exit code and standard error."""


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Return a function that runs the command `zone` in this process."""

    def typed(*arguments: str, **settings: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["zone", *arguments])
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        try:
            main.main()
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().err
        return 0, capsys.readouterr().err

    return typed
