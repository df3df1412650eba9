"""Refusals of figures and targets."""

from zone.core.errors import declare

NO_TARGETS = declare(
    "no_targets",
    404,
    fi="Tälle vuodelle ei ollut tavoitteita kyseisenä ajankohtana. Ensimmäinen tavoitevuosi on "
    "2021.",
    sv="För det här året fanns inga mål vid den tidpunkten. Det första målåret är 2021.",
    en="There were no targets for that year at that time. The first target year is 2021.",
)
AS_OF_AHEAD = declare(
    "as_of_ahead",
    422,
    fi="Ajankohta on tulevaisuudessa. Valitse hetki, joka on jo ollut.",
    sv="Tidpunkten ligger i framtiden. Välj en tidpunkt som redan har varit.",
    en="That time is in the future. Choose a moment that has passed.",
)
TARGET_UNKNOWN = declare(
    "target_unknown",
    422,
    fi="Tavoitteet ovat A, B ja C. Tarkista tunnus.",
    sv="Målen är A, B och C. Kontrollera koden.",
    en="The targets are A, B and C. Check the key.",
    constraints=("ck_target_key",),
)
