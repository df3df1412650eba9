"""Quiet hours: at night a mail that can wait leaves in the morning. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from zone.core.mail.kinds import MailKind
from zone.core.time import from_helsinki, to_helsinki

SOON: Final = timedelta(hours=1)
"""What begins so soon after the quiet hours is told during them: in the morning it is too late."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of the wall clock in which mails wait: from `begins` until `ends`, 22 to 8.

    The same hour twice: there are none.
    """

    begins: int = 22
    ends: int = 8

    def end_after(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that `now` lies in; None: it lies in none."""
        local = to_helsinki(now)
        over_midnight = self.begins > self.ends
        late, early = local.hour >= self.begins, local.hour < self.ends
        if not (late or early if over_midnight else late and early):
            return None
        # By the wall clock: a night in which the clock changes has 9 or 11 hours.
        days = 1 if over_midnight and late else 0
        return from_helsinki(local.date() + timedelta(days=days), time(self.ends))


def told_ahead(ahead: timedelta, hours: QuietHours, now: datetime) -> timedelta:
    """Return how far ahead people are told of what begins: `ahead`, and in the last hour before the
    quiet hours also all that begins before anybody could be told of it.
    """
    morning = hours.end_after(now + SOON)
    if morning is None or hours.end_after(now) is not None:
        return ahead
    return max(ahead, morning + SOON - now)


def leaves_at(
    kind: MailKind | None,
    hours: QuietHours,
    now: datetime,
    *,
    act_by: datetime | None,
    not_after: datetime | None,
) -> datetime:
    """Return when a mail may leave that is ready now: now, or when the quiet hours end.

    `act_by` is when what it is about begins, and `not_after` when it is of no use any more. A mail
    of another release, which is not declared, leaves now.
    """
    morning = hours.end_after(now)
    if morning is None or kind is None or not kind.night.waits:
        return now
    ends = (at for at in (act_by, not_after) if at is not None)
    is_soon = any(now < at < morning + SOON for at in ends)
    return now if is_soon and not kind.night.always else morning
