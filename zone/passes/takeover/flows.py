"""Preview a file with passes of another system, and take them over in several transactions."""

from collections.abc import Callable, Sequence
from datetime import datetime

from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.people.errors import MEMBER_EXISTS
from zone.passes.takeover import context, rules, service
from zone.passes.takeover.errors import TAKEOVER_BUSY, TAKEOVER_REFUSED
from zone.passes.takeover.rules import A_BATCH, MOST_TRIES, SoldPass, TakeoverPlan
from zone.passes.takeover.table_file import read_table

Progress = Callable[[int, int], None]
"""Is called with how many passes of how many are stored."""


def preview(content: bytes, now: datetime, actor_id: int | None = None) -> TakeoverPlan:
    """Return what a file would do for an actor, or for a command; nothing is stored.

    Raises:
        DomainError: the file cannot be read, see `table_file.read_table`.
    """
    rows = [rules.read_row(row, now) for row in read_table(content, rules.REQUIRED, rules.OPTIONAL)]
    with reading() as session:
        found = context.takeover_context(
            session, [row for row in rows if isinstance(row, SoldPass)], actor_id
        )
    return rules.plan(rows, found)


def take_over(
    content: bytes,
    actor_id: int | None,
    *,
    good_only: bool,
    tell: bool = False,
    now: datetime,
    progress: Progress | None = None,
) -> TakeoverPlan:
    """Take over the passes of a file; return what was done.

    It ends at its last whole batch where it is cut off: the same file then does the rest. Without
    `good_only` a file with one wrong row does nothing.

    Raises:
        DomainError: takeover_refused, takeover_busy, or as `preview`.
    """
    plan = preview(content, now, actor_id)
    if plan.bad_rows and not good_only:
        raise DomainError(TAKEOVER_REFUSED, params={"bad": plan.bad_rows}, bad=plan.bad_rows)
    done, before, faults = 0, plan.before, list(plan.faults)
    for start in range(0, len(plan.new), A_BATCH):
        stored = _take_batch(plan.new[start : start + A_BATCH], actor_id, tell=tell, now=now)
        # What another import has stored since the file was read.
        done, before = done + stored.done, before + stored.before
        faults += stored.faults
        if progress is not None:
            progress(done + stored.before, len(plan.new))
    return TakeoverPlan(plan.new, before, tuple(faults), plan.new_people, done)


def _take_batch(
    rows: Sequence[SoldPass], actor_id: int | None, *, tell: bool, now: datetime
) -> TakeoverPlan:
    for left in reversed(range(MOST_TRIES)):
        try:
            with writing() as session:
                return service.take_over(session, actor_id, rows, tell=tell, now=now)
        except DomainError as refusal:
            # Another import has created the same person or pass at this moment: it is there now.
            if not left or refusal.code not in (TAKEOVER_BUSY.code, MEMBER_EXISTS.code):
                raise
    raise AssertionError("the last try returns or raises")
