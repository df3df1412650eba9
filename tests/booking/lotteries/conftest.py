"""A class whose places are drawn, and who may enter."""

import uuid

import pytest

from tests.world.booking import World
from tests.world.lotteries import a_drawn_class, announce, people
from zone.booking.sessions.models import ClassSession


@pytest.fixture
def crew(world: World) -> list[int]:
    """Six people; the first is the manager."""
    return people(world, 6)


@pytest.fixture
def drawn_class(world: World) -> ClassSession:
    """In three days, with two places."""
    return a_drawn_class(world)


@pytest.fixture
def lottery(crew: list[int], drawn_class: ClassSession) -> uuid.UUID:
    return announce(drawn_class, crew[0])
