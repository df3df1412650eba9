"""How many requests of this process wait for a thread; 0 where nobody notes them, as in a process
that serves none.
"""

import threading

_counting = threading.Lock()
_waiting = 0
_serves = False


def begin_serving() -> None:
    """Note that the threads of this process answer requests."""
    global _serves
    _serves = True


def serves_requests() -> bool:
    """Whether the threads of this process answer requests."""
    return _serves


def note_queued() -> None:
    """Note a request that waits for a thread."""
    _add(1)


def note_taken() -> None:
    """Note that a thread has taken a request that waited."""
    _add(-1)


def waiting_requests() -> int:
    """Return how many requests wait."""
    return _waiting


def _add(number: int) -> None:
    global _waiting
    with _counting:
        _waiting += number
