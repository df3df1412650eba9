"""Why a session cannot be created or changed."""

from zone.core.errors import declare

SESSION_CANCELLED = declare(
    "session_cancelled",
    409,
    fi="Tämä vuoro on peruttu. Valitse toinen vuoro.",
    sv="Det här passet är inställt. Välj ett annat.",
    en="This session has been cancelled. Choose another one.",
)
CAPACITY_BELOW_BOOKED = declare(
    "capacity_below_booked",
    409,
    fi="{booked} paikkaa on jo varattu. Valitse vähintään {least} paikkaa tai peru vuoro.",
    sv="{booked} platser är redan bokade. Välj minst {least} platser eller ställ in passet.",
    en="{booked} places are already booked. Choose at least {least} places, or cancel the session.",
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
