"""People of the demo who come to the doors now and then, each with a phone of their own."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Final
from urllib.error import URLError

from sqlalchemy import select

from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date
from zone.demo.machine.processes import Process
from zone.demo.phone import PhoneError
from zone.demo.students import DemoClient
from zone.demo.supervisor import Installation
from zone.members.people.models import Member
from zone.passes.passes.models import Pass

PEOPLE: Final = 12
GYM_ONLY: Final = "exchange@zone.example"
"""Comes too: a pass for the gym alone, which the studio refuses."""
PAUSE: Final = (4.0, 30.0)
"""Seconds between two people."""
LEARNS: Final = 3.0
"""Seconds in which the bridge learns of a new key: it asks twice a second."""


@contextmanager
def coming(stage: Installation, say: Callable[[str], None]) -> Iterator[None]:
    """Let people come to both doors, in a thread, until the block ends."""
    stop = Event()
    thread = Thread(target=_come, args=(stage, say, stop), name="visitors")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _come(stage: Installation, say: Callable[[str], None], stop: Event) -> None:
    chance = random.Random()
    phones: dict[str, DemoClient] = {}
    doors: dict[str, Process | None] = {"studio": None, "gym": stage.gym_simulator}
    people = chance.sample(addresses(stage), PEOPLE)
    while not stop.wait(chance.uniform(*PAUSE)):
        email, door = chance.choice([*people, GYM_ONLY]), chance.choice(list(doors))
        try:
            if email not in phones:
                phones[email] = phone = DemoClient(stage.url)
                phone.sign_in(email)
                phone.phone.enrol()
                stop.wait(LEARNS)
            answer = _hold(stage, phones[email], doors[door])
        except (TimeoutError, URLError, PhoneError) as error:
            say(f"A visitor did not get to the {door}'s door: {error}")
            continue
        say(f"{door}: {answer['light']}, {answer['reason']}")


def _hold(stage: Installation, phone: DemoClient, door: Process | None) -> dict[str, Any]:
    return stage.hold_to_reader(phone.phone.text(utc_now().timestamp()), at=door)


def addresses(stage: Installation) -> list[str]:
    """Return the addresses of people whose pass is valid today."""
    with create_app(stage.settings).app_context():
        today = helsinki_date(utc_now())
        with reading() as session:
            found = session.scalars(
                select(Member.email)
                .join(Pass, Pass.member_id == Member.id)
                .where(Pass.starts_on <= today, Pass.ends_on >= today)
                .order_by(Member.id)
            ).all()
        db.engine.dispose()
    return list(found)
