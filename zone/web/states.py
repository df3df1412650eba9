"""The states of the screens, from invented values: for those who build and check the screens."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A screen in one of its states. `page` renders it from a view model, without the database.

    `screen` and `name` are parts of its address, in English: "class", "full-with-a-queue".
    """

    screen: str
    name: str
    page: Callable[[], str]

    @property
    def path(self) -> str:
        """The address at which the demo shows it."""
        return f"/states/{self.screen}/{self.name}"
