"""Refusals about people and their e-mail addresses."""

from zone.core.errors import declare

MEMBER_EXISTS = declare(
    "member_exists",
    409,
    "There is already an account with this e-mail address. Sign in with it.",
    constraints=("uq_member_email",),
    fields=("email",),
)
EMAIL_INVALID = declare(
    "email_invalid",
    422,
    "This is not an e-mail address. Check it and try again.",
    fields=("email",),
)
