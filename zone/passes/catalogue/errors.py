"""Refusals about products, prices and VAT rates."""

from typing import Final

from zone.core.errors import declare

NO_SEASON: Final = declare(
    "no_season",
    409,
    fi="Kauden päivämääriä ei ole vielä julkaistu, joten kausituotetta ei voi ostaa. Valitse "
    "tuote, jonka kesto on "
    "päivissä, tai palaa myöhemmin.",
    sv="Terminens datum har inte publicerats ännu, så en terminsprodukt kan inte köpas. Välj en "
    "produkt vars längd "
    "är i dagar eller kom tillbaka senare.",
    en="The dates of the season are not published yet, so a season's product cannot be bought. "
    "Choose one whose "
    "length is in days, or come back later.",
)
START_TOO_SOON: Final = declare(
    "start_too_soon",
    422,
    fi="Alkamispäivä on jo mennyt. Valitse tämä päivä tai myöhempi.",
    sv="Startdagen har redan gått. Välj i dag eller en senare dag.",
    en="That first day has already passed. Choose today or a later day.",
)
VAT_UNKNOWN: Final = declare(
    "vat_unknown",
    500,
    fi="Tuotteen arvonlisäverokantaa ei ole asetettu, joten sitä ei voi myydä. Ota yhteys "
    "asiakaspalveluun.",
    sv="Produktens momssats har inte angetts, så den kan inte säljas. Kontakta kundtjänsten.",
    en="The VAT rate of this product has not been set, so it cannot be sold. Contact the desk.",
)

PRICE_IN_FORCE: Final = declare(
    "price_in_force",
    409,
    fi="Tämän päivän hinta on jo voimassa, eikä voimassa olevaa hintaa muuteta. Valitse myöhempi "
    "päivä.",
    sv="Priset för i dag gäller redan, och ett pris som gäller ändras inte. Välj en senare dag.",
    en="The price of this day is already in force, and a price in force is not changed. Choose a "
    "later day.",
)
PRODUCT_EXISTS: Final = declare(
    "product_exists",
    409,
    fi="Joku muu lisäsi juuri tuotteen samalla koodilla. Katso se ja tallenna sitten uudelleen.",
    sv="Någon annan lade just till en produkt med samma kod. Se efter och spara sedan på nytt.",
    en="Somebody else has just added a product with this code. Look at it, and then save again.",
    constraints=("uq_product_code",),
)
