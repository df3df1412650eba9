"""Refusals about the keys of phones."""

from zone.core.errors import declare

KEY_INVALID = declare(
    "key_invalid",
    422,
    "The phone's key could not be read. Reload your pass and try again.",
)
KEY_TAKEN = declare(
    "key_taken",
    409,
    "This key was removed or belongs to somebody else. Reload your pass, and the phone makes a "
    "new one.",
    constraints=("uq_credential_kid",),
)
TOO_MANY_KEYS = declare(
    "too_many_devices",
    429,
    "The pass was set up too many times within a day. Try again tomorrow or ask the desk.",
)
