"""Refusals about opening hours."""

from zone.core.errors import declare

DAY_ALREADY_SET = declare(
    "day_already_set",
    409,
    fi="Päivälle on jo muut aukioloajat. Katso ne ja korvaa ne, jos haluat.",
    sv="Dagen har redan andra öppettider. Se dem och ersätt dem om du vill.",
    en="This day already has other hours. Look at them, and replace them if you want to.",
    constraints=("uq_opening_exception_campus_id_day",),
    fields=("day",),
)
DAY_PAST = declare(
    "day_past",
    409,
    fi="Tämä päivä on jo ohi, eikä sen aukioloaikoja voi enää muuttaa. Valitse tuleva päivä.",
    sv="Den här dagen är redan över, så dess öppettider kan inte längre ändras. Välj en kommande "
    "dag.",
    en="This day is over, so its hours cannot be changed any more. Choose a day to come.",
)
HOURS_INVALID = declare(
    "hours_invalid",
    422,
    fi="Anna avaamis- ja sulkemisaika, jotka eroavat toisistaan, tai jätä molemmat pois, kun on "
    "kiinni. Avaamista aiempi sulkemisaika on seuraavan päivän aika.",
    sv="Ange en öppnings- och en stängningstid som skiljer sig, eller lämna bort båda när det är "
    "stängt. En stängningstid före öppningstiden gäller nästa dag.",
    en="Give an opening and a closing time that differ, or leave both out when the place is "
    "closed. A closing time before the opening time is one of the next day.",
    constraints=(
        "ck_opening_exception_both",
        "ck_opening_exception_order",
        "ck_opening_hours_order",
        "ck_opening_hours_weekday",
    ),
    fields=("opens", "closes"),
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
