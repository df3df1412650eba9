"""The inputs of one board, to which contacts and buttons are wired: who is told of a change."""

from collections.abc import Callable

# Told whether a contact is open or a button pressed; None: the board does not answer any more.
Moved = Callable[[bool | None], None]


class BoardInput:
    """One input of a board. `active_closed`: a closed circuit means open, or pressed.

    `steady`: it counts when two readings in a row show it.
    """

    def __init__(self, number: int, moved: Moved, *, active_closed: bool, steady: bool) -> None:
        self.number = number
        self._moved, self._active_closed, self._steady = moved, active_closed, steady
        self._told: bool | None = None
        self._seen: bool | None = None

    def update(self, closed: bool | None) -> None:
        """Pass on what the input shows, and at once that it shows nothing."""
        # A door that rattles in its frame opens its contact for a moment.
        state = None if closed is None else closed == self._active_closed
        counts = not self._steady or state is None or state == self._seen
        self._seen = state
        if counts and state != self._told:
            self._told = state
            self._moved(state)


class BoardInputs:
    """The inputs of a board that are wired."""

    def __init__(self) -> None:
        self._inputs: list[BoardInput] = []

    def add(self, number: int, moved: Moved, *, active_closed: bool, steady: bool = True) -> None:
        """Tell `moved` of an input from now on."""
        self._inputs.append(BoardInput(number, moved, active_closed=active_closed, steady=steady))

    @property
    def count(self) -> int:
        """How many inputs, from the first one, are to be read."""
        return max(one.number for one in self._inputs) + 1

    def update(self, closed: tuple[bool, ...] | None) -> None:
        """Take in a reading; None: the board does not answer."""
        for one in self._inputs:
            one.update(None if closed is None else closed[one.number])
