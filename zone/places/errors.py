"""What places refuse, and what to do next."""

from zone.core.errors import declare

SPACE_EXISTS = declare(
    "space_exists",
    409,
    fi="Kampuksella on jo tila tällä tunnuksella. Valitse toinen tunnus tai muuta tilaa.",
    sv="Det finns redan ett utrymme med den koden på campus. Välj en annan kod eller ändra utrymmet.",
    en="The campus already has a space with this code. Choose another code, or change that space.",
    constraints=("uq_space_campus_id_code", "uq_part_campus_id_code"),
)
SPACE_INVALID = declare(
    "space_invalid",
    422,
    fi="Tilan luvut eivät sovi yhteen: väli jakaa vuorokauden tasan, lyhin kesto on enintään pisin, puskurit ovat "
    "viiden minuutin monikertoja.",
    sv="Utrymmets tal går inte ihop: intervallet delar dygnet jämnt, den kortaste längden är högst den längsta, "
    "marginalerna är multiplar av fem minuter.",
    en="The numbers of the space do not fit together: the interval divides a day evenly, the shortest length is at "
    "most the longest, buffers are multiples of five minutes.",
    constraints=(
        "ck_space_capacity", "ck_space_companions", "ck_space_step", "ck_space_length", "ck_space_most",
        "ck_space_before", "ck_space_after",
    ),
)  # fmt: skip
DAY_SET = declare(
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
    fi="Anna avaamis- ja sulkemisaika niin, että avaaminen on ensin, tai jätä molemmat pois, kun on kiinni.",
    sv="Ange en öppningstid före stängningstiden, eller lämna bort båda när det är stängt.",
    en="Give an opening time before the closing time, or leave both out when the place is closed.",
    constraints=(
        "ck_opening_exception_both", "ck_opening_exception_order", "ck_opening_hours_order",
        "ck_opening_hours_weekday",
    ),
)  # fmt: skip
HOURS_SET = declare(
    "hours_already_set",
    409,
    fi="Tälle viikonpäivälle on jo aukioloaika, joka alkaa samasta päivästä ja kellonajasta. Valitse toinen alkupäivä.",
    sv="Veckodagen har redan öppettider från samma dag och klockslag. Välj en annan startdag.",
    en="This weekday already has hours from the same day and time on. Choose another first day.",
    constraints=("uq_opening_hours_campus_id_weekday_valid_from_opens",),
)
