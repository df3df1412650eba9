"""Refusals of sending a mail again."""

from zone.core.errors import declare

MAIL_GONE = declare(
    "mail_gone",
    409,
    "This mail cannot be sent again: it was sent already, or its time is over. Check the "
    "recipient's address.",
)
