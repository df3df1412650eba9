"""Refusals of a password."""

from zone.core.errors import declare

PASSWORD_WEAK = declare(
    "password_weak",
    422,
    "The password must have at least {least} characters. Choose a longer one, for example four "
    "words.",
)
PASSWORD_LONG = declare(
    "password_long",
    422,
    "The password may have at most {most} characters. Choose a shorter one.",
)
PASSWORD_GUESSABLE = declare(
    "password_guessable",
    422,
    "The password is too easy to guess: it is made of a common password, repetition, keys in "
    "their order, the name of the service, or your own name or address. Choose four words that "
    "have nothing to do with each other or with you.",
)
CURRENT_PASSWORD_WRONG = declare(
    "current_password_wrong",
    403,
    "The current password is wrong. Check it. If you do not remember it, ask the operator to "
    "set a new one (zone admin password).",
)
