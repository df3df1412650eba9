"""Refusals of an order."""

from typing import Final

from zone.core.errors import declare

NOT_ELIGIBLE: Final = declare(
    "not_eligible",
    403,
    fi="Emme ole vielä voineet todeta, että sinulla on oikeus ostaa tämä. Todista opiskelu- tai "
    "työsuhteesi omilla "
    "sivuillasi tai asiakaspalvelussa ja yritä sitten uudelleen.",
    sv="Vi har ännu inte kunnat bekräfta att du får köpa det här. Styrk att du studerar eller "
    "arbetar vid en "
    "högskola på dina egna sidor eller hos kundtjänsten och försök sedan igen.",
    en="We have not yet been able to confirm that you may buy this. Prove that you study or work "
    "at one of the "
    "universities, on your own page or at the desk, and then try again.",
)
ELIGIBILITY_ENDS_FIRST: Final = declare(
    "eligibility_ends_first",
    403,
    fi="Oikeutesi on todistettu vain {until} asti, ja tämä alkaisi vasta sen jälkeen. Valitse "
    "aikaisempi alkamispäivä "
    "tai todista oikeutesi uudelleen.",
    sv="Din rätt är styrkt bara till {until}, och det här skulle börja först efter det. Välj en "
    "tidigare startdag "
    "eller styrk din rätt på nytt.",
    en="Your right is proven only until {until}, and this would start after that. Choose an "
    "earlier first day or "
    "prove your right again.",
)
NOT_SOLD: Final = declare(
    "not_sold",
    409,
    fi="Tätä ei myydä sinun ryhmällesi juuri nyt. Valitse toinen tuote.",
    sv="Det här säljs inte till din grupp just nu. Välj en annan produkt.",
    en="This is not sold to your group at the moment. Choose another product.",
)
START_TOO_FAR: Final = declare(
    "start_too_far",
    422,
    fi="Alkamispäivä on yli vuoden päässä. Valitse aikaisempi päivä.",
    sv="Startdagen är mer än ett år bort. Välj en tidigare dag.",
    en="That first day is more than a year away. Choose an earlier day.",
)
ORDER_OUTDATED: Final = declare(
    "order_outdated",
    409,
    fi="Tilausta ei voi enää maksaa, koska sen ensimmäinen päivä on mennyt, arvonlisävero on "
    "muuttunut tai sinulla on jo passi samoille päiville. Mitään ei veloitettu. Tilaa tarvittaessa "
    "uudelleen.",
    sv="Beställningen kan inte längre betalas, eftersom dess första dag har gått, momssatsen har "
    "ändrats eller du redan har ett motionskort för samma dagar. Inget debiterades. Beställ på "
    "nytt vid behov.",
    en="This order can no longer be paid, because its first day has passed, the VAT rate has "
    "changed, or you already have a pass for the same days. You were not charged. Place a new "
    "order if you need one.",
)
QUOTE_CHANGED: Final = declare(
    "quote_changed",
    409,
    fi="Hinta tai päivät ovat muuttuneet sen jälkeen, kun ne näytettiin. Mitään ei veloitettu. "
    "Tarkista uudet tiedot ja jatka sitten.",
    sv="Priset eller dagarna har ändrats sedan de visades. Inget debiterades. Kontrollera de nya "
    "uppgifterna och fortsätt sedan.",
    en="The price or the days have changed since they were shown. You were not charged. Check the "
    "new ones, and then continue.",
)
OFFER_CHANGED: Final = declare(
    "offer_changed",
    409,
    fi="Hinta tai ensimmäinen päivä on muuttunut sen jälkeen, kun ne näytettiin; ehkä sama on "
    "juuri myyty toisella "
    "tiskillä. Mitään ei myyty. Tarkista uudet tiedot ja myy uudelleen.",
    sv="Priset eller den första dagen har ändrats sedan de visades; kanske har samma sak just "
    "sålts vid en annan disk. "
    "Inget såldes. Kontrollera de nya uppgifterna och sälj på nytt.",
    en="The price or the first day has changed since they were shown; perhaps another desk has "
    "just sold the same. "
    "Nothing was sold. Look at the new offer and sell again.",
)
