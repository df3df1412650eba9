"""Mails to the operator, sent at once: what is wrong may be the outbox or the database."""

import socket
from collections.abc import Sequence
from datetime import datetime

from zone.core.config import Settings
from zone.core.errors import OperationError
from zone.core.mail import delivery
from zone.core.mail.delivery import MailUndeliveredError
from zone.operation.doctor.findings import Finding


def mail_findings(settings: Settings, findings: Sequence[Finding], now: datetime) -> None:
    """Mail what the doctor has found wrong.

    Raises:
        OperationError: nobody is named, or the mail did not leave.
    """
    failed = sum(finding.level == "fail" for finding in findings)
    wrong = [finding.as_text() for finding in findings if finding.level != "ok"]
    subject = f"Zone on {socket.gethostname()}: {failed} checks fail"
    _mail(settings, subject, "\n".join(wrong) + "\n", now)


def mail_failure(settings: Settings, unit: str, now: datetime) -> None:
    """Mail that a systemd unit has failed.

    Raises:
        OperationError: nobody is named, or the mail did not leave.
    """
    host = socket.gethostname()
    body = (
        f"The unit {unit} on {host} has failed at {now:%Y-%m-%d %H:%M} UTC.\n\n"
        f"See what it said:  journalctl -u {unit} -n 50\n"
        f"Start it again:    systemctl start {unit}\n"
        f"Look at the rest:  zone doctor\n"
    )
    _mail(settings, f"Zone on {host}: {unit} has failed", body, now)


def _mail(settings: Settings, subject: str, body: str, now: datetime) -> None:
    if not settings.operator_mail or not settings.smtp_url:
        raise OperationError(
            "Nobody gets a mail about it: set ZONE_OPERATOR_MAIL and ZONE_SMTP_URL."
        )
    try:
        delivery.send_at_once(settings, settings.operator_mail, subject, body, now)
    except MailUndeliveredError as error:
        raise OperationError(
            f"The mail about it did not leave: {error}. Run `zone doctor --send-mail ADDRESS`."
        ) from error
