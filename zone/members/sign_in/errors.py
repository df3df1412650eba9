"""Refusals of a sign-in."""

from zone.core.errors import declare

CODE_WRONG = declare(
    "code_wrong",
    401,
    "The code is wrong, too old, already used, or was asked for in another browser. Check it, "
    "or ask for a new one in this browser.",
    fields=("code",),
)
PASSWORD_WRONG = declare(
    "password_wrong",
    401,
    "The e-mail address or the password is wrong. Check them, or sign in with a code by e-mail.",
)
NOBODY_IN_DEMO = declare(
    "nobody_in_demo",
    422,
    "Nobody in this demo has this address. Choose one of the invented people.",
    fields=("anybody",),
)
