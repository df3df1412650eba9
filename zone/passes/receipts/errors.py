"""Refusals about the seller."""

from typing import Final

from zone.core.errors import declare

SELLER_MISSING: Final = declare(
    "seller_missing",
    503,
    fi="Mitään ei voi nyt myydä, koska palvelun asetuksista puuttuu myyjä. Mitään ei veloitettu. "
    "Kerro asiakaspalveluun ja yritä myöhemmin uudelleen.",
    sv="Inget kan säljas just nu, eftersom säljaren saknas i tjänstens inställningar. Inget "
    "debiterades. Meddela kundtjänsten och försök igen senare.",
    en="Nothing can be sold at the moment, because the settings of the service do not name the "
    "seller. You were not charged. Tell the desk, and try again later.",
)
