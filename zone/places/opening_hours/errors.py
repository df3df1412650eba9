"""Refusals about opening hours."""

from zone.core.errors import declare

DAY_ALREADY_SET = declare(
    "day_already_set",
    409,
    fi="Päivälle on jo muut aukioloajat. Katso ne ja korvaa ne, jos haluat.",
    sv="Dagen har redan andra öppettider. Se dem och ersätt dem om du vill.",
    en="This day already has other hours. Look at them, and replace them if you want to.",
    constraints=("uq_opening_exception_campus_id_day",),
)
HOURS_INVALID = declare(
    "hours_invalid",
    422,
    fi="Anna avaamis- ja sulkemisaika niin, että avaaminen on ensin, tai jätä molemmat pois, kun "
    "on kiinni.",
    sv="Ange en öppningstid före stängningstiden, eller lämna bort båda när det är stängt.",
    en="Give an opening time before the closing time, or leave both out when the place is closed.",
    constraints=(
        "ck_opening_exception_both",
        "ck_opening_exception_order",
        "ck_opening_hours_order",
        "ck_opening_hours_weekday",
    ),
)
HOURS_ALREADY_SET = declare(
    "hours_already_set",
    409,
    fi="Tälle viikonpäivälle on jo aukioloaika, joka alkaa samasta päivästä ja kellonajasta. "
    "Valitse toinen alkupäivä.",
    sv="Veckodagen har redan öppettider från samma dag och klockslag. Välj en annan startdag.",
    en="This weekday already has hours from the same day and time on. Choose another first day.",
    constraints=("uq_opening_hours_campus_id_weekday_valid_from_opens",),
)
