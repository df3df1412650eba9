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
    fields=("valid_from",),
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
    fi="Tämän päivän hinnalla on jo tilattu, joten sitä ei enää muuteta. Valitse myöhempi päivä.",
    sv="Någon har redan beställt till dagens pris, så det ändras inte längre. Välj en senare dag.",
    en="Somebody has already ordered at the price of this day, so it is not changed any more. "
    "Choose a later day.",
    fields=("valid_from",),
)
PRODUCT_EXISTS: Final = declare(
    "product_exists",
    409,
    fi="Joku muu lisäsi juuri tuotteen samalla koodilla. Katso se ja tallenna sitten uudelleen.",
    sv="Någon annan lade just till en produkt med samma kod. Se efter och spara sedan på nytt.",
    en="Somebody else has just added a product with this code. Look at it, and then save again.",
    constraints=("uq_product_code",),
    fields=("code",),
)
