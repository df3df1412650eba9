"""`zone serve` refuses an address in use, although its own workers share one."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from click.testing import CliRunner

from zone.cli import main, serving


@pytest.fixture
def taken() -> Iterator[int]:
    """Yield a port on which another service listens with SO_REUSEPORT, as ours does."""
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind((serving.LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


def check_a_taken_address_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the command names address and cause, and does not start gunicorn."""
    started: list[list[str]] = []
    monkeypatch.setattr(
        os, "execve", lambda _program, command, _environment: started.append(command)
    )
    result = CliRunner().invoke(main.zone, ["serve", "--port", str(port)])
    assert started == []
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}: Address already in use" in result.output


def test_a_taken_address_is_refused(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    check_a_taken_address_is_refused(taken, monkeypatch)


@pytest.mark.planted_fault("the port is not tried first")
def test_without_looking_first_it_would_be_shared(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_must_be_free", lambda _host, _port: None)
    with pytest.raises(AssertionError):
        check_a_taken_address_is_refused(taken, monkeypatch)
