"""Refusals about terms."""

from zone.core.errors import declare

TERM_INVALID = declare(
    "term_invalid",
    422,
    "This term does not work: its days are reversed or too many, or another term has some of "
    "them. Check the dates.",
    constraints=("uq_season_code", "ck_season_kind", "ck_season_order"),
    fields=("ends_on",),
)
