"""Refusals about suspensions."""

from zone.core.errors import declare

ENDS_TOO_EARLY = declare(
    "ends_too_early",
    422,
    fi="Keskeytyksen on päätyttävä tulevaisuudessa. Valitse myöhempi aika.",
    sv="Spärren måste sluta i framtiden. Välj en senare tid.",
    en="A suspension must end in the future. Choose a later time.",
    constraints=("ck_suspension_order",),
    fields=("last_day",),
)
