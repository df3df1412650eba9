"""Why a space cannot be kept free."""

from zone.core.errors import declare

BLOCK_INVALID = declare(
    "block_invalid",
    422,
    "A space is kept free for a time that is still to come, of two weeks at most. Choose another "
    "time.",
)
