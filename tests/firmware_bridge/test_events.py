"""What the bridge reports, when whoever reads it is slow, gone or stuck."""

import json
import os
import sys
from collections.abc import Iterator

import pytest

from firmware_bridge.events import KEPT, LineSink


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe: to read from, to write to."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def read_until(end: int, last: str) -> list[str]:
    """Return the lines that come, until the last one."""
    text = ""
    while not text.endswith(f"{last}\n"):
        text += os.read(end, 65536).decode()
    return text.splitlines()


def test_lines_come_in_their_order(pipe: tuple[int, int]) -> None:
    sink = LineSink(pipe[1])
    for number in range(3):
        sink.put(f"line {number}")
    assert read_until(pipe[0], "line 2") == ["line 0", "line 1", "line 2"]
    sink.close()


def test_of_what_nobody_reads_the_newest_is_kept_and_the_rest_is_counted(
    pipe: tuple[int, int],
) -> None:
    sink = LineSink(pipe[1])
    lines = [f"{number} " + "x" * 200 for number in range(3 * KEPT)]
    for line in lines:
        sink.put(line)
    got = read_until(pipe[0], lines[-1])
    notices = [json.loads(line) for line in got if line.startswith("{")]
    kept = [line for line in got if not line.startswith("{")]
    assert {notice["event"] for notice in notices} == {"dropped"}
    assert sum(notice["lines"] for notice in notices) == len(lines) - len(kept)
    assert kept == [line for line in lines if line in set(kept)], "each whole, in their order"
    assert kept[-KEPT:] == lines[-KEPT:]
    sink.close()


def test_where_the_writer_takes_a_line_meanwhile_none_of_the_newest_is_dropped() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # the threads take turns in the middle of everything
    try:
        wrong = [more for more in range(40) if not newest_kept(KEPT + more)]
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def newest_kept(count: int) -> bool:
    """Hand over so many lines, and return whether the newest that may wait all came."""
    reading, writing = os.pipe()
    sink = LineSink(writing)
    lines = [f"{number} x" for number in range(count)]
    for line in lines:
        sink.put(line)
    kept = [line for line in read_until(reading, lines[-1]) if not line.startswith("{")]
    sink.close()
    os.close(reading)
    os.close(writing)
    return kept[-KEPT:] == lines[-KEPT:]


def test_half_a_character_from_the_network_ends_nothing(pipe: tuple[int, int]) -> None:
    sink = LineSink(pipe[1])
    sink.put("the server answered 400 \ud800")
    sink.put("the next")
    assert read_until(pipe[0], "the next") == ["the server answered 400 \\ud800", "the next"]
    sink.close()


def test_a_reader_that_has_gone_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    sink = LineSink(writing)
    sink.put("to nobody")
    sink.close()
    os.close(writing)
    assert not sink._thread.is_alive()


def test_a_pipe_that_somebody_made_non_blocking_gets_every_line(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    sink = LineSink(pipe[1])
    lines = [f"{number} " + "x" * 200 for number in range(KEPT)]
    for line in lines:
        sink.put(line)
    assert read_until(pipe[0], lines[-1]) == lines
    sink.close()
