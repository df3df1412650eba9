"""Let many passes last longer, each once, in transactions of their own. Never commits.

Staff order an extension: in one transaction its passes are written down. A job carries it out, one
pass in each transaction: thousands of passes hold nobody up, and what was done is not done again
after a crash.
"""

import uuid
from datetime import datetime

from sqlalchemy import Update, insert, select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.passes.bulk_extensions import queries
from zone.passes.bulk_extensions.errors import EXTENSION_DIFFERS, NO_PASS_EXTENDED
from zone.passes.bulk_extensions.models import BulkExtension, BulkExtensionPass
from zone.passes.bulk_extensions.queries import ExtensionPreview
from zone.passes.bulk_extensions.rules import ExtensionRequest
from zone.passes.catalogue.queries import product_by_code
from zone.passes.pass_changes.service import lock_pass
from zone.passes.passes.errors import PASS_ENDED
from zone.passes.passes.models import Pass
from zone.passes.pauses.errors import EXTENDED_IN_VAIN
from zone.passes.pauses.service import extend
from zone.places.campuses.queries import campus_by_code


def preview(
    session: Session, actor: Actor, asked: ExtensionRequest, now: datetime
) -> ExtensionPreview:
    """Return what an extension would do.

    Raises:
        DomainError: forbidden; not_found: there is no such campus or product.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    if asked.campus:
        campus_by_code(session, asked.campus)
    if asked.product:
        product_by_code(session, asked.product)
    return queries.preview(session, asked, own_id=actor.id, today=helsinki_date(now))


def order_extension(
    session: Session, actor: Actor, public_id: uuid.UUID, asked: ExtensionRequest, now: datetime
) -> BulkExtension:
    """Write down an extension and its passes, audited. With an id that is known, change nothing.

    Raises:
        DomainError: forbidden, not_found; no_pass_extended; extension_differs: the id is that of
            another one.
    """
    reached = preview(session, actor, asked, now)
    values = {
        "campus": asked.campus,
        "product_id": product_by_code(session, asked.product).id if asked.product else None,
        "first_day": asked.first_day,
        "last_day": asked.last_day,
        "reason": asked.reason,
    }
    row = values | {"public_id": public_id, "recorded_at": now, "recorded_by": actor.id}
    # Of two requests with one id the second waits here, and finds the row of the first.
    new = insert_new(session, BulkExtension, [row], BulkExtension.id)
    made = session.scalars(select(BulkExtension).where(BulkExtension.public_id == public_id)).one()
    if not new:
        if any(getattr(made, name) != value for name, value in values.items()):
            raise DomainError(EXTENSION_DIFFERS)
        return made
    if not reached.passes:
        raise DomainError(NO_PASS_EXTENDED)
    session.execute(
        insert(BulkExtensionPass),
        [
            {"extension_id": made.id, "pass_id": one.row_id, "days": one.days}
            for one in reached.passes
        ],
    )
    record_action(
        session,
        actor_id=actor.id,
        action="passes.extend",
        object_kind="bulk_extension",
        object_id=public_id,
        after={
            "days": [asked.first_day.isoformat(), asked.last_day.isoformat()],
            "campus": asked.campus,
            "product": asked.product,
            "passes": len(reached.passes),
        },
        reason=asked.reason,
        now=now,
    )
    return made


def carry_out_next(session: Session, now: datetime) -> bool:
    """Extend the next pass that an extension names; return whether there was one.

    One pass in a transaction: doors that report visits lock passes in another order than this.
    """
    due = session.execute(
        select(BulkExtensionPass, BulkExtension, Pass)
        .join(BulkExtension, BulkExtension.id == BulkExtensionPass.extension_id)
        .join(Pass, Pass.id == BulkExtensionPass.pass_id)
        .where(BulkExtensionPass.outcome.is_(None))
        .order_by(BulkExtensionPass.extension_id, Pass.member_id, Pass.id)
        .limit(1)
    ).one_or_none()
    if due is None:
        return False
    named, asked, pass_ = due
    if not _claim(session, named, now):
        return True
    try:
        # A refusal comes after the event was written: the savepoint takes it back.
        with session.begin_nested():
            extend(
                session,
                lock_pass(session, pass_.member_id, pass_.public_id),
                named.days,
                reason=asked.reason,
                by=f"member {asked.recorded_by}",
                now=now,
                lost=(asked.first_day, asked.last_day),
            )
    except DomainError as refusal:
        if refusal.reasons[0] not in (PASS_ENDED, EXTENDED_IN_VAIN):
            raise
        session.execute(_this(named).values(outcome="skipped"))
    return True


def _claim(session: Session, named: BulkExtensionPass, now: datetime) -> bool:
    """Mark a pass as extended; return whether this is the one that does it."""
    # The row is locked until the commit: another scheduler waits, and then finds it done.
    claimed = (
        _this(named)
        .where(BulkExtensionPass.outcome.is_(None))
        .values(outcome="extended", done_at=now)
        .returning(BulkExtensionPass.pass_id)
    )
    return session.execute(claimed).first() is not None


def _this(named: BulkExtensionPass) -> Update:
    return (
        update(BulkExtensionPass)
        .where(
            BulkExtensionPass.extension_id == named.extension_id,
            BulkExtensionPass.pass_id == named.pass_id,
        )
        .execution_options(synchronize_session=False)
    )
