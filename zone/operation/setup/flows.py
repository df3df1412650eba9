"""Try the mail server: the network between two transactions."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.mail import delivery
from zone.core.mail.delivery import MailUndeliveredError
from zone.members.people.queries import member_by_id
from zone.operation.setup.errors import MAIL_NOT_SENT
from zone.operation.setup.service import record_mail_tried


def try_mail(settings: Settings, actor: Actor, subject: str, body: str, now: datetime) -> None:
    """Send a mail to the actor at once, and record that the mail server took it.

    Raises:
        DomainError: mail_not_sent.
    """
    if not settings.smtp_url:
        raise DomainError(MAIL_NOT_SENT, params={"why": "ZONE_SMTP_URL"})
    with reading() as session:
        address = member_by_id(session, actor.id).email
    try:
        delivery.send_at_once(settings, address, subject, body, now)
    except MailUndeliveredError as error:
        raise DomainError(MAIL_NOT_SENT, params={"why": str(error)}) from error
    with writing() as session:
        record_mail_tried(session, actor, now)
