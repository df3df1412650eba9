"""Refusals of a change of one's e-mail address."""

from zone.core.errors import declare

EMAIL_UNCHANGED = declare(
    "email_unchanged",
    422,
    "This is your e-mail address already. Type the address that you want to change to.",
    fields=("email",),
)
