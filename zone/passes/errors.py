"""What buying, paying and using a pass may refuse, and what to do next."""

from typing import Final

from zone.core.errors import declare

NOT_ELIGIBLE: Final = declare(
    "not_eligible",
    403,
    fi="Emme ole vielä voineet todeta, että sinulla on oikeus ostaa tämä. Todista opiskelu- tai työsuhteesi omilla "
    "sivuillasi tai asiakaspalvelussa ja yritä sitten uudelleen.",
    sv="Vi har ännu inte kunnat bekräfta att du får köpa det här. Styrk att du studerar eller arbetar vid en "
    "högskola på dina egna sidor eller hos kundtjänsten och försök sedan igen.",
    en="We have not yet been able to confirm that you may buy this. Prove that you study or work at one of the "
    "universities, on your own page or at the desk, and then try again.",
)
ENDS_BEFORE_START: Final = declare(
    "eligibility_ends_first",
    403,
    fi="Oikeutesi on todistettu vain {until} asti, ja tämä alkaisi vasta sen jälkeen. Valitse aikaisempi alkamispäivä "
    "tai todista oikeutesi uudelleen.",
    sv="Din rätt är styrkt bara till {until}, och det här skulle börja först efter det. Välj en tidigare startdag "
    "eller styrk din rätt på nytt.",
    en="Your right is proven only until {until}, and this would start after that. Choose an earlier first day or "
    "prove your right again.",
)
NOT_SOLD: Final = declare(
    "not_sold",
    409,
    fi="Tätä ei myydä sinun ryhmällesi juuri nyt. Valitse toinen tuote.",
    sv="Det här säljs inte till din grupp just nu. Välj en annan produkt.",
    en="This is not sold to your group at the moment. Choose another product.",
)
NO_SEASON: Final = declare(
    "no_season",
    409,
    fi="Kauden päivämääriä ei ole vielä julkaistu, joten kausituotetta ei voi ostaa. Valitse tuote, jonka kesto on "
    "päivissä, tai palaa myöhemmin.",
    sv="Terminens datum har inte publicerats ännu, så en terminsprodukt kan inte köpas. Välj en produkt vars längd "
    "är i dagar eller kom tillbaka senare.",
    en="The dates of the season are not published yet, so a season's product cannot be bought. Choose one whose "
    "length is in days, or come back later.",
)
START_TOO_SOON: Final = declare(
    "start_too_soon",
    422,
    fi="Alkamispäivä on jo mennyt. Valitse tämä päivä tai myöhempi.",
    sv="Startdagen har redan gått. Välj i dag eller en senare dag.",
    en="That first day has already passed. Choose today or a later day.",
)
START_TOO_FAR: Final = declare(
    "start_too_far",
    422,
    fi="Alkamispäivä on yli vuoden päässä. Valitse aikaisempi päivä.",
    sv="Startdagen är mer än ett år bort. Välj en tidigare dag.",
    en="That first day is more than a year away. Choose an earlier day.",
)
PAYMENTS_CLOSED: Final = declare(
    "payments_closed",
    503,
    fi="Verkossa ei voi juuri nyt maksaa. Osta asiakaspalvelusta tai yritä myöhemmin uudelleen.",
    sv="Det går inte att betala på nätet just nu. Köp hos kundtjänsten eller försök igen senare.",
    en="Online payment is closed at the moment. Buy at the desk, or try again later.",
)
ORDER_SETTLED: Final = declare(
    "order_settled",
    409,
    fi="Tämä tilaus on jo maksettu. Passisi löytyy omilta sivuiltasi.",
    sv="Den här beställningen är redan betald. Ditt pass finns på dina egna sidor.",
    en="This order is already paid. Your pass is on your own pages.",
    constraints=("uq_pass_order_line_id", "uq_payment_event_payment_id_outcome", "uq_receipt_order_id_kind"),
)
FORGED_NOTICE: Final = declare(
    "forged_notice",
    400,
    fi="Maksuilmoituksen allekirjoitus ei täsmää, joten sitä ei otettu vastaan. Avaa tilauksesi ja maksa sieltä.",
    sv="Betalningsmeddelandets signatur stämmer inte, så det togs inte emot. Öppna din beställning och betala där.",
    en="The signature of the payment notice does not match, so it was not accepted. Open your order and pay there.",
)
WRONG_AMOUNT: Final = declare(
    "wrong_amount",
    409,
    fi="Maksettu summa ei vastaa tilausta, joten passia ei annettu. Ota yhteys asiakaspalveluun.",
    sv="Det betalda beloppet motsvarar inte beställningen, så passet gavs inte. Kontakta kundtjänsten.",
    en="The amount paid is not that of the order, so no pass was given. Contact the desk.",
)
NOT_PAID: Final = declare(
    "not_paid",
    409,
    fi="Tilausta ei ole maksettu, joten sitä ei voi hyvittää.",
    sv="Beställningen är inte betald, så den kan inte återbetalas.",
    en="The order has not been paid, so there is nothing to refund.",
)
ALREADY_REFUNDED: Final = declare(
    "already_refunded",
    409,
    fi="Tämä tilaus on jo hyvitetty. Hyvityksen numero on tilauksen kuitilla.",
    sv="Den här beställningen är redan återbetald. Återbetalningens nummer finns på beställningens kvitto.",
    en="This order has already been refunded. The number of the refund is on the order's receipt.",
    constraints=("uq_refund_payment_id", "uq_pass_event_once"),
)
PASS_NOT_YET: Final = declare(
    "pass_not_yet",
    409,
    fi="Passi ei ole vielä alkanut. Ota se käyttöön alkamispäivänä; ensimmäinen käynti tekee sen puolestasi.",
    sv="Passet har inte börjat ännu. Ta det i bruk på startdagen; det första besöket gör det åt dig.",
    en="The pass has not started yet. Take it into use on its first day; the first visit does it for you.",
)
PASS_EXPIRED: Final = declare(
    "pass_expired",
    409,
    fi="Passin voimassaolo on päättynyt. Osta uusi passi.",
    sv="Passets giltighet har gått ut. Köp ett nytt pass.",
    en="The pass has expired. Buy a new one.",
)
PASS_ENDED: Final = declare(
    "pass_ended",
    409,
    fi="Tämä passi on hyvitetty tai korvattu toisella. Avaa voimassa oleva passisi omilta sivuiltasi.",
    sv="Det här passet är återbetalt eller ersatt av ett annat. Öppna ditt giltiga pass på dina egna sidor.",
    en="This pass was refunded or replaced by another. Open your valid pass on your own pages.",
)
CANNOT_UPGRADE: Final = declare(
    "cannot_upgrade",
    409,
    fi="Tätä ei voi vaihtaa varsinaiseksi passiksi. Myy sen sijaan uusi passi.",
    sv="Det här kan inte bytas till ett egentligt pass. Sälj ett nytt pass i stället.",
    en="This cannot be turned into a full pass. Sell a new pass instead.",
)
VAT_UNKNOWN: Final = declare(
    "vat_unknown",
    500,
    fi="Tuotteen arvonlisäverokantaa ei ole asetettu, joten sitä ei voi myydä. Ota yhteys asiakaspalveluun.",
    sv="Produktens momssats har inte angetts, så den kan inte säljas. Kontakta kundtjänsten.",
    en="The VAT rate of this product has not been set, so it cannot be sold. Contact the desk.",
)
OFFER_CHANGED: Final = declare(
    "offer_changed",
    409,
    fi="Hinta tai ensimmäinen päivä on muuttunut sen jälkeen, kun ne näytettiin; ehkä sama on juuri myyty toisella "
    "tiskillä. Mitään ei myyty. Tarkista uudet tiedot ja myy uudelleen.",
    sv="Priset eller den första dagen har ändrats sedan de visades; kanske har samma sak just sålts vid en annan disk. "
    "Inget såldes. Kontrollera de nya uppgifterna och sälj på nytt.",
    en="The price or the first day has changed since they were shown; perhaps another desk has just sold the same. "
    "Nothing was sold. Look at the new offer and sell again.",
)


PRICE_IN_FORCE: Final = declare(
    "price_in_force",
    409,
    fi="Tämän päivän hinta on jo voimassa, eikä voimassa olevaa hintaa muuteta. Valitse myöhempi päivä.",
    sv="Priset för i dag gäller redan, och ett pris som gäller ändras inte. Välj en senare dag.",
    en="The price of this day is already in force, and a price in force is not changed. Choose a later day.",
)
PRODUCT_EXISTS: Final = declare(
    "product_exists",
    409,
    fi="Joku muu lisäsi juuri tuotteen samalla koodilla. Katso se ja tallenna sitten uudelleen.",
    sv="Någon annan lade just till en produkt med samma kod. Se efter och spara sedan på nytt.",
    en="Somebody else has just added a product with this code. Look at it, and then save again.",
    constraints=("uq_product_code",),
)
