"""Refusals about API tokens."""

from zone.core.errors import declare

SCOPE_NOT_YOURS = declare(
    "scope_not_yours",
    403,
    "You cannot give a token a right that you do not have: {scopes}. Leave it out, or ask for "
    "the role first.",
)
TOKEN_EXPIRY_INVALID = declare(
    "token_expiry_invalid",
    422,
    "A token must end in the future and within a year. Choose another time.",
    constraints=("ck_api_token_order",),
)
