"""Refusals of the first steps."""

from typing import Final

from zone.core.errors import declare

MAIL_NOT_SENT: Final = declare(
    "mail_not_sent",
    409,
    "The mail did not leave ({why}). Check ZONE_SMTP_URL and ZONE_MAIL_FROM in the settings, then "
    "try again.",
)
