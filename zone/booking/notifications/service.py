"""What browsers tell about a session, beside the mail about the same.

The mail is posted whether they tell or not: that a push service took a message says not that
anybody saw it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from zone.booking.allocations.models import Allocation
from zone.booking.messages.rules import Recipient
from zone.booking.messages.service import session_params
from zone.core.i18n import translate
from zone.core.mail.questions import AskedMail
from zone.members.push import rules as push_rules
from zone.members.push import service as push


@dataclass(frozen=True, slots=True)
class SessionNotification:
    """What a notification says, and when.

    `title` stands before the name of the session, `ending` behind its time and place. A tap opens
    `path`; a later notification of the same `topic` replaces it. It is not shown before
    `not_before`, nor after `not_after`, nor when the answer to `asked` is no by then.
    """

    title: str
    ending: str
    path: str
    topic: str
    not_before: datetime
    not_after: datetime
    asked: AskedMail


def notify(
    session: Session,
    allocation: Allocation,
    member: Recipient,
    notification: SessionNotification,
    now: datetime,
) -> None:
    """Tell the browsers in which a person turned notifications on, in the person's language."""
    language = member.language
    about = session_params(session, allocation, language)
    payload = push_rules.payload_of(
        f"{translate(notification.title, language)}: {about['name']}",
        f"{about['when']}, {about['where']}. {notification.ending}",
        path=notification.path,
        topic=notification.topic,
        language=language,
    )
    push.post(
        session,
        member_id=member.id,
        payload=payload,
        topic=notification.topic,
        now=now,
        not_before=notification.not_before,
        not_after=notification.not_after,
        asked=notification.asked,
    )
