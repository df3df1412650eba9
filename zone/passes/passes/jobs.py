"""The job that mails people before their pass ends. Safe to repeat."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.formats import format_day
from zone.core.mail import service as mail
from zone.core.mail.questions import declare_question
from zone.core.time import day_window, helsinki_date
from zone.members.people.queries import member_by_id
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue.models import Product
from zone.passes.pass_rights.queries import not_ended
from zone.passes.pass_rules.queries import renewal_days
from zone.passes.passes import queries, rules
from zone.passes.passes.models import Pass


def mail_pass_warnings(settings: Settings, now: datetime) -> int:
    """Mail people whose pass ends soon, and return how many mails.

    The first one as many days ahead as the rules of passes say, the last one as the settings do.

    One mail for each of those days, and none to people with a pass that goes on. Days that were
    missed are made up for by one mail, until the pass has ended.
    """
    today = helsinki_date(now)
    mails = 0
    with writing() as session:
        first = renewal_days(session, today, settings.pass_warning_days)
        notices = tuple(filter(None, (first, settings.pass_last_warning_days)))
        for row in _ending(session, today, today + timedelta(days=max(notices, default=0))):
            notice = rules.notice_due(row.Pass.starts_on, row.Pass.ends_on, today, notices)
            if notice is not None and not _goes_on(session, row.Pass):
                mails += _send_notice(session, row, notice, now)
    return mails


def _ending(session: Session, first_day: date, last_day: date) -> list[Row[Pass, Product]]:
    # Live passes whose last day is from `first_day` to `last_day`.
    return list(
        session.execute(
            select(Pass, Product)
            .join(Product, Product.id == Pass.product_id)
            .where(
                Pass.starts_on <= first_day,
                Pass.ends_on.between(first_day, last_day),
                not_ended(),
            )
            .order_by(Pass.id)
        )
    )


def _goes_on(session: Session, pass_: Pass) -> bool:
    """Return whether the holder has another pass with the same rights that ends later."""
    later = queries.live_passes(session, pass_.member_id, pass_.ends_on + timedelta(days=1))
    return any(not other.visits and other.rights.covers(pass_.rights) for other in later)


def _still_ends(session: Session, about: str, now: datetime) -> bool:
    """Return whether a pass still is in force and ends on the day that the mail names, and nothing
    goes on after it.
    """
    public_id, *days = about.split()  # no day: posted by an earlier version
    pass_ = session.scalar(
        select(Pass).where(
            Pass.public_id == UUID(public_id),
            Pass.ends_on >= helsinki_date(now),
            not_ended(),
        )
    )
    if pass_ is None or days not in ([], [pass_.ends_on.isoformat()]):
        return False
    return not _goes_on(session, pass_)


ENDS: Final = declare_question("passes.pass_ends", _still_ends)


def _send_notice(
    session: Session,
    row: Row[Pass, Product],
    notice: int,
    now: datetime,
) -> bool:
    pass_, product = row
    holder = member_by_id(session, pass_.member_id)
    names = catalogue_queries.names_of(product)
    return mail.post(
        session,
        to=holder.email,
        template="passes/pass_ends",
        language=holder.language,
        now=now,
        # The key makes the job safe to repeat: one mail for each pass and notice. A last day that
        # has moved, such as by a pause, is told anew.
        dedupe=f"pass ends {pass_.public_id} {notice}"
        + ("" if pass_.ends_on == pass_.sold_until else f" {pass_.ends_on}"),
        # "Ends soon" is wrong once the last day is over.
        not_after=day_window(pass_.ends_on)[1],
        asked=ENDS.about(pass_.public_id, pass_.ends_on),
        params={
            "product": names.get(holder.language, names["en"]),
            "day": format_day(pass_.ends_on, holder.language),
        },
    )
