"""The passes that an extension would reach, and those that were made."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from zone.members.people.models import Member
from zone.passes.bulk_extensions.models import BulkExtension, BulkExtensionPass
from zone.passes.bulk_extensions.rules import ExtensionRequest, lost_days
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.pass_rights.queries import not_ended
from zone.passes.passes.life import Days, Life, from_stored
from zone.passes.passes.models import Pass, PassEvent


@dataclass(frozen=True, slots=True)
class ExtendedPass:
    """A pass that lasts longer; `person` is its holder, without a name."""

    row_id: int
    member_id: int
    id: uuid.UUID
    person: uuid.UUID
    product: dict[str, str]
    days: int
    ends_on: date
    new_ends_on: date


@dataclass(frozen=True, slots=True)
class ExtensionPreview:
    """The passes that an extension reaches, and how many it does not.

    `in_vain`: they would be over all the same. `own`: they are those of who asks.
    """

    passes: Sequence[ExtendedPass]
    in_vain: int
    own: int

    @property
    def people(self) -> int:
        return len({one.member_id for one in self.passes})

    @property
    def days(self) -> int:
        return sum(one.days for one in self.passes)


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """A bulk extension: what was asked for, and what has become of its passes."""

    id: uuid.UUID
    campus: str | None
    product: str | None
    first_day: date
    last_day: date
    reason: str
    recorded_at: datetime
    passes: int
    extended: int
    skipped: int

    @property
    def to_do(self) -> int:
        return self.passes - self.extended - self.skipped


def preview(
    session: Session, asked: ExtensionRequest, *, own_id: int, today: date
) -> ExtensionPreview:
    """Return which passes lost days by what is asked for, the holders in order.

    Passes whose days begin with a first use that is to come have lost none.
    """
    reached, in_vain, own = list[ExtendedPass](), 0, 0
    given_back = _given_back(session, asked)
    for row in session.execute(_valid(asked)):
        days = _lost(row.Pass, asked, given_back[row.Pass.id])
        if not days:
            continue
        new_end = row.Pass.ends_on + timedelta(days=days)
        if row.Pass.member_id == own_id:
            own += 1  # what staff do for a person, a colleague does for them
        elif new_end < today:
            in_vain += 1
        else:
            reached.append(_extended(row, days, new_end))
    return ExtensionPreview(reached, in_vain, own)


def _given_back(session: Session, asked: ExtensionRequest) -> dict[int, list[Days]]:
    """Return the days that extensions have given back, by pass: another one does not again."""
    found: dict[int, list[Days]] = defaultdict(list)
    query = (
        select(BulkExtensionPass.pass_id, BulkExtension.first_day, BulkExtension.last_day)
        .join(BulkExtension, BulkExtension.id == BulkExtensionPass.extension_id)
        .where(
            BulkExtension.first_day <= asked.last_day,
            BulkExtension.last_day >= asked.first_day,
        )
    )
    for row in session.execute(query):
        found[row.pass_id].append((row.first_day, row.last_day))
    return found


def _lost(pass_: Pass, asked: ExtensionRequest, given_back: Sequence[Days]) -> int:
    if asked.campus and pass_.campuses and asked.campus not in pass_.campuses:
        return 0
    life = Life(pass_.starts_on, pass_.ends_on, from_stored(pass_.pauses))
    return lost_days(life, asked.window, given_back)


def _extended(row: Row[Pass, Product, uuid.UUID], days: int, new_end: date) -> ExtendedPass:
    pass_ = row.Pass
    return ExtendedPass(
        pass_.id,
        pass_.member_id,
        pass_.public_id,
        row.person,
        names_of(row.Product),
        days,
        pass_.ends_on,
        new_end,
    )


def _valid(asked: ExtensionRequest) -> Select[Pass, Product, uuid.UUID]:
    activated = exists().where(PassEvent.pass_id == Pass.id, PassEvent.kind == "activated")
    query = (
        select(Pass, Product, Member.public_id.label("person"))
        .join(Product, Product.id == Pass.product_id)
        .join(Member, Member.id == Pass.member_id)
        .where(
            Pass.starts_on <= asked.last_day,
            Pass.ends_on >= asked.first_day,
            not_ended(),
            or_(Pass.length_days.is_(None), activated),
        )
        .order_by(Pass.member_id, Pass.id)
    )
    return query.where(Product.code == asked.product) if asked.product else query


def extensions(session: Session) -> list[ExtensionView]:
    """Return every bulk extension, the newest first."""
    return [_view(row) for row in session.execute(_made())]


def extension(session: Session, public_id: uuid.UUID) -> ExtensionView | None:
    """Return a bulk extension; None: there is none with that id."""
    row = session.execute(_made().where(BulkExtension.public_id == public_id)).one_or_none()
    return None if row is None else _view(row)


def _made() -> Select[BulkExtension, str | None, int, int, int]:
    return (
        select(
            BulkExtension,
            Product.code.label("product"),
            func.count(BulkExtensionPass.pass_id).label("passes"),
            func.count().filter(BulkExtensionPass.outcome == "extended").label("extended"),
            func.count().filter(BulkExtensionPass.outcome == "skipped").label("skipped"),
        )
        .outerjoin(Product, Product.id == BulkExtension.product_id)
        .outerjoin(BulkExtensionPass, BulkExtensionPass.extension_id == BulkExtension.id)
        .group_by(BulkExtension.id, Product.code)
        .order_by(BulkExtension.id.desc())
    )


def _view(row: Row[BulkExtension, str | None, int, int, int]) -> ExtensionView:
    made = row.BulkExtension
    return ExtensionView(
        made.public_id,
        made.campus,
        row.product,
        made.first_day,
        made.last_day,
        made.reason,
        made.recorded_at,
        row.passes,
        row.extended,
        row.skipped,
    )
