"""Why a session cannot be created or changed."""

from zone.core.errors import declare

SESSION_CANCELLED = declare(
    "session_cancelled",
    409,
    fi="Tämä vuoro on peruttu. Valitse toinen vuoro.",
    sv="Det här passet är inställt. Välj ett annat.",
    en="This session has been cancelled. Choose another one.",
)
SESSION_ENDED = declare(
    "session_ended",
    409,
    # Also of courts.
    fi="Tämä vuoro on jo päättynyt. Valitse myöhempi aika.",
    sv="Den här tiden är redan över. Välj en senare.",
    en="This has already ended. Choose a later time.",
)
SESSION_HELD = declare(
    "session_held",
    409,
    fi="Vuoro on päättynyt, eikä sitä voi enää muuttaa tai perua. Jos tieto siitä on väärä, kirjaa "
    "korjaus.",
    sv="Passet är slut och kan inte längre ändras eller ställas in. Registrera en rättelse om "
    "uppgiften om det är fel.",
    en="The session has ended and cannot be changed or cancelled any more. If its record is wrong, "
    "record a correction.",
)
SESSION_NOT_ENDED = declare(
    "session_not_ended",
    409,
    fi="Vuoro ei ole vielä päättynyt, joten korjattavaa ei ole. Peru se, jos sitä ei pidetä.",
    sv="Passet är inte slut än, så det finns inget att rätta. Ställ in det om det inte hålls.",
    en="The session has not ended yet, so there is nothing to correct. Cancel it if it will not be "
    "held.",
)
CAPACITY_BELOW_BOOKED = declare(
    "capacity_below_booked",
    409,
    # Without a noun after the numbers: often a single place is booked.
    fi="Varattuja paikkoja on jo {booked}. Valitse vähintään {least} tai peru vuoro.",
    sv="Redan bokade platser: {booked}. Välj minst {least} eller ställ in passet.",
    en="Places booked already: {booked}. Choose at least {least}, or cancel the session.",
    fields=("capacity",),
)
CLASS_INVALID = declare(
    "class_invalid",
    422,
    fi="Näin vuoroa ei voi järjestää. Tarkista laji, tila, ajat ja paikat; paikkoja on enintään "
    "tilan verran.",
    sv="Så kan passet inte ordnas. Kontrollera typ, utrymme, tider och platser; högst så många som "
    "utrymmet rymmer.",
    en="The session cannot be held like this. Check its kind, space, times and places: at most "
    "what the space holds.",
    constraints=(
        "ck_session_rule_kind",
        "ck_session_rule_weekday",
        "ck_session_rule_minutes",
        "ck_session_rule_order",
        "ck_session_rule_capacity",
        "ck_session_rule_place",
        "ck_class_session_kind",
        "ck_class_session_order",
        "ck_class_session_bookable",
        "ck_class_session_place",
    ),
)
