"""People of institutions who buy passes and come through a door, for tests of cost shares."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world import site as world_site
from tests.world.checkout import bought
from tests.world.people import an_actor
from tests.world.shop import open_shop
from tests.world.site import Journal, Site, receive
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.people import service as people
from zone.members.people.queries import member_by_id
from zone.passes.orders.models import OrderLine
from zone.passes.passes.models import Pass
from zone.reporting.shares import service
from zone.reporting.shares.rules import Weights

MONTH: Final = date(2026, 9, 1)
SOLD: Final = datetime(2026, 9, 1, 9, tzinfo=UTC)
CAME: Final = datetime(2026, 9, 2, 9, tzinfo=UTC)
BEFORE: Final = datetime(2026, 10, 9, 12, tzinfo=UTC)
"""The period is over, and not counted yet."""
COUNTED: Final = datetime(2026, 10, 12, 12, tzinfo=UTC)
CENTS: Final = 100_000
WEIGHTS: Final = Weights(5000, 2000, 3000)
SIZES: Final = {"metropolia": 7, "haaga-helia": 6, "laurea": 5, "arcada": 2}


@dataclass(frozen=True, slots=True)
class SharesWorld:
    """A site, a manager, and the orders of the people of each institution."""

    site: Site
    manager: Actor
    orders: dict[str, list[int]]


def build(_settings: Settings) -> SharesWorld:
    """Store SIZES of people with a pass each; the first of each institution comes twice more, and
    one has a pass and never comes.
    """
    with writing() as session:
        site = world_site.build(session)
        open_shop(session)
        boss = people.create_member(
            session, email="boss@zone.example", name="Boss", language="en", now=SOLD
        )
        manager = an_actor(boss.id, "manager")
        members = {
            code: [_member(session, code, number) for number in range(size)]
            for code, size in SIZES.items()
        }
        members["metropolia"].append(_member(session, "metropolia", 99))
    orders = {code: [bought(one, now=SOLD) for one in found] for code, found in members.items()}
    journal, at = Journal(site.studio_door), CAME
    for code, size in SIZES.items():
        for number, member in enumerate(members[code][:size]):
            with reading() as session:
                holder = member_by_id(session, member).holder
            for _visit in range(1 if number else 3):
                at += timedelta(minutes=7)
                journal.scan(holder, at)
    receive(site.bridge, journal.upload(), at + timedelta(minutes=1))
    return SharesWorld(site, manager, orders)


def _member(session: Session, code: str, number: int) -> int:
    member = people.create_member(
        session, email=f"{code}{number}@zone.example", name="Testi", language="en", now=SOLD
    )
    claim = affiliations.add_affiliation(
        session, member.id, institution_code=code, role="student", study_region="capital"
    )
    eligibility.add_proof(
        session,
        claim.id,
        source="test",
        valid_from=date(2020, 1, 1),
        valid_until=date(2027, 12, 31),
        now=SOLD,
        recorded_by=None,
    )
    return member.id


def share_september(world: SharesWorld, now: datetime = SOLD) -> None:
    """Name September as a period with its cost, and set the weights."""
    with writing() as session:
        service.set_weights(session, world.manager, MONTH, WEIGHTS, now)
        service.add_period(session, world.manager, MONTH, MONTH, CENTS, now)


def fix(world: SharesWorld, now: datetime = COUNTED) -> str:
    """Fix the report of September; return its digest."""
    with writing() as session:
        return service.fix_report(session, world.manager, MONTH, now).digest


def pass_of(order_id: int) -> int:
    """Return the pass of an order."""
    with reading() as session:
        query = select(Pass.id).join(OrderLine, OrderLine.id == Pass.order_line_id)
        return session.scalars(query.where(OrderLine.order_id == order_id)).one()
