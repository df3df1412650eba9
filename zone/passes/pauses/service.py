"""Pause, resume, extend and end a pass, with a mail to its holder. Never commits."""

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.formats import format_day
from zone.core.identity import Actor, Permission
from zone.core.mail import service as mail
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id, member_by_public_id
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import names_of
from zone.passes.pass_changes.queries import HAS_THESE_DAYS
from zone.passes.pass_changes.service import (
    NewEvent,
    add_event,
    audit_pass,
    end,
    lock_pass,
)
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.passes import queries
from zone.passes.passes.life import Life
from zone.passes.passes.models import Pass
from zone.passes.passes.service import has_event
from zone.passes.pauses import rules
from zone.passes.pauses.errors import EXTENDED_IN_VAIN, PAUSE_NOT_NEEDED
from zone.passes.pauses.rules import PauseRequest


def pause(
    session: Session,
    pass_: Pass,
    asked: PauseRequest,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> Life:
    """Pause a locked pass, and return its new days. `by` is holder, or member and a number.

    Raises:
        DomainError: pause_not_needed; as `rules.check_pause`.
    """
    today = helsinki_date(now)
    if pass_.length_days is not None and not has_event(session, pass_.id, "activated"):
        raise DomainError(PAUSE_NOT_NEEDED)
    rules.check_pause(
        queries.derived_life(session, pass_),
        asked,
        pass_rules(session, today),
        today,
        by_staff=by != "holder",
    )
    event = NewEvent("paused", asked.first_day, asked.last_day, reason=reason, cause=asked.cause)
    life = add_event(session, pass_, event, now=now, by=by)
    _mail(
        session,
        pass_,
        "passes/pass_paused",
        now,
        first_day=asked.first_day,
        last_day=asked.last_day,
        ends_on=life.ends_on,
    )
    return life


def resume(
    session: Session, pass_: Pass, *, by: str, now: datetime, reason: str | None = None
) -> Life:
    """End the pause of a locked pass today, or call the next one off; return its new days.

    Raises:
        DomainError: not_paused.
    """
    pauses = queries.derived_life(session, pass_).pauses
    first, last = rules.paused_until_now(pauses, helsinki_date(now))
    life = add_event(
        session, pass_, NewEvent("resumed", first, last, reason=reason), now=now, by=by
    )
    _mail(session, pass_, "passes/pass_resumed", now, ends_on=life.ends_on)
    return life


def extend(
    session: Session,
    pass_: Pass,
    days: int,
    *,
    reason: str,
    by: str,
    now: datetime,
    lost: tuple[date, date] | None = None,
) -> Life:
    """Move the last day of a locked pass, with a mail that says why; return its new days.

    `lost` are the days that it makes up for, such as those on which a campus was closed.

    Raises:
        DomainError: extended_in_vain.
    """
    first, last = lost or (None, None)
    life = add_event(
        session,
        pass_,
        NewEvent("extended", first, last, days=days, reason=reason),
        now=now,
        by=by,
    )
    if life.ends_on < helsinki_date(now):
        raise DomainError(EXTENDED_IN_VAIN)
    _mail(session, pass_, "passes/pass_extended", now, ends_on=life.ends_on, reason=reason)
    return life


def pause_for(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    pass_id: uuid.UUID,
    asked: PauseRequest,
    *,
    reason: str,
    now: datetime,
) -> int:
    """Pause a person's pass as staff, audited; return the row of its holder.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found, pass_ended; as `pause`.
    """
    pass_ = lock_for(session, actor, person, pass_id)
    days = [asked.first_day.isoformat(), asked.last_day.isoformat()]
    pause(session, pass_, asked, by=f"member {actor.id}", now=now, reason=reason)
    after = {"paused": days, "cause": asked.cause}
    audit_pass(session, "pass.pause", pass_, actor.id, now, after=after, reason=reason)
    return pass_.member_id


def resume_for(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    pass_id: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> int:
    """Resume a person's pass as staff, audited; return the row of its holder.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found, pass_ended, not_paused.
    """
    pass_ = lock_for(session, actor, person, pass_id)
    life = resume(session, pass_, by=f"member {actor.id}", now=now, reason=reason)
    after = {"ends_on": life.ends_on.isoformat()}
    audit_pass(session, "pass.resume", pass_, actor.id, now, after=after, reason=reason)
    return pass_.member_id


def extend_for(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    pass_id: uuid.UUID,
    *,
    days: int,
    reason: str,
    now: datetime,
) -> int:
    """Let a person's pass last longer as staff, audited; return the row of its holder.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found, pass_ended, extended_in_vain.
    """
    pass_ = lock_for(session, actor, person, pass_id)
    before = {"ends_on": pass_.ends_on.isoformat()}
    life = extend(session, pass_, days, reason=reason, by=f"member {actor.id}", now=now)
    after = {"ends_on": life.ends_on.isoformat()}
    audit_pass(
        session, "pass.extend", pass_, actor.id, now, before=before, after=after, reason=reason
    )
    return pass_.member_id


def end_for(
    session: Session,
    actor: Actor,
    person: uuid.UUID,
    pass_id: uuid.UUID,
    *,
    reason: str,
    now: datetime,
) -> int:
    """End a person's pass as staff without paying anything back; return the row of its holder.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found, pass_ended.
    """
    pass_ = lock_for(session, actor, person, pass_id)
    end(session, pass_, "ended", now=now, by=f"member {actor.id}", reason=reason)
    audit_pass(session, "pass.end", pass_, actor.id, now, reason=reason)
    _mail(session, pass_, "passes/pass_ended", now, reason=reason)
    return pass_.member_id


def lock_for(session: Session, actor: Actor, person: uuid.UUID, pass_id: uuid.UUID) -> Pass:
    """Lock a person's pass for staff who do something with it.

    Raises:
        DomainError: forbidden, not_for_yourself, not_found, pass_ended.
    """
    actor.require(Permission.DESK_USE)
    member = member_by_public_id(session, person)
    actor.require_other(member.id)
    return lock_pass(session, member.id, pass_id)


def _mail(
    session: Session,
    pass_: Pass,
    template: str,
    now: datetime,
    *,
    reason: str | None = None,
    **days: date,
) -> None:
    holder = member_by_id(session, pass_.member_id)
    names = names_of(session.get_one(Product, pass_.product_id))
    shown = {name: format_day(day, holder.language) for name, day in days.items()}
    # Of a pause its own days: its mail names them, and the last day that they give.
    named = [days[name] for name in ("first_day", "last_day") if name in days]
    asked = HAS_THESE_DAYS.about(pass_.public_id, *(named or days.values())) if days else None
    mail.post(
        session,
        to=holder.email,
        template=template,
        language=holder.language,
        params={
            "product": names.get(holder.language, names["en"]),
            "pass_id": str(pass_.public_id),
            **shown,
            **({"reason": reason} if reason is not None else {}),
        },
        now=now,
        asked=asked,
    )
