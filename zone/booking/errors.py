"""What booking refuses, and what to do next."""

from zone.core.errors import declare

SESSION_CANCELLED = declare(
    "session_cancelled",
    409,
    fi="Tämä vuoro on peruttu. Valitse toinen vuoro.",
    sv="Det här passet är inställt. Välj ett annat.",
    en="This session has been cancelled. Choose another one.",
)
TOO_EARLY = declare(
    "booking_not_open",
    409,
    fi="Varaus avautuu {days} päivää ennen alkua. Tule silloin takaisin.",
    sv="Bokningen öppnar {days} dagar före start. Kom tillbaka då.",
    en="Booking opens {days} days before the start. Come back then.",
)
TOO_LATE = declare(
    "booking_closed",
    409,
    fi="Varaus sulkeutui {minutes} minuuttia ennen alkua. Vapaille paikoille voi tulla ilman varausta.",
    sv="Bokningen stängde {minutes} minuter före start. Till lediga platser kan du komma utan bokning.",
    en="Booking closed {minutes} minutes before the start. You can still come to a free place without booking.",
)
ALREADY_BOOKED = declare(
    "already_booked",
    409,
    fi="Sinulla on jo paikka tällä vuorolla. Löydät sen varauksistasi.",
    sv="Du har redan en plats på det här passet. Du hittar den bland dina bokningar.",
    en="You already have a place in this session. You will find it in your bookings.",
    constraints=("uq_booking_live",),
)
NO_RIGHT = declare(
    "no_right",
    409,
    fi="Passisi ei kata tätä vuoroa sen alkaessa. Osta tai jatka passi, niin voit varata.",
    sv="Ditt pass täcker inte det här tillfället när det börjar. Köp eller förläng ett pass för att boka.",
    en="Your pass does not cover this session when it starts. Buy or extend a pass to book it.",
)
SUSPENDED = declare(
    "booking_suspended",
    409,
    fi="Ennakkovaraus on tauolla {until} asti, koska {no_shows} varausta jäi käyttämättä. Voit tulla ilman varausta.",
    sv="Förhandsbokning är pausad till {until} eftersom {no_shows} bokningar inte användes. Du kan komma utan bokning.",
    en="Booking ahead is paused until {until} because {no_shows} bookings were not used. You can come without booking.",
)
TOO_MANY = declare(
    "too_many_bookings",
    409,
    fi="Sinulla on jo {most} avointa varausta. Peru yksi tai odota, että se on ohi.",
    sv="Du har redan {most} öppna bokningar. Avboka en eller vänta tills den är över.",
    en="You already have {most} open bookings. Cancel one, or wait until it is over.",
)
OVERLAP = declare(
    "overlapping_booking",
    409,
    fi="Sinulla on toinen varaus samaan aikaan. Peru se ensin tai valitse toinen aika.",
    sv="Du har en annan bokning samtidigt. Avboka den först eller välj en annan tid.",
    en="You have another booking at the same time. Cancel it first, or choose another time.",
)
FULL = declare(
    "session_full",
    409,
    fi="Kaikki varattavat paikat ovat menneet. Kokeile alla olevia vapaita vuoroja tai tule ilman varausta.",
    sv="Alla bokningsbara platser är tagna. Pröva de lediga passen nedan eller kom utan bokning.",
    en="All places that can be booked are taken. Try the free sessions below, or come without booking.",
    constraints=("ck_class_session_places",),
)
NOT_BOOKABLE = declare(
    "not_bookable",
    409,
    fi="Tätä ei voi varata näin. Valitse vuoro ohjelmasta.",
    sv="Det här kan inte bokas så här. Välj ett pass i schemat.",
    en="This cannot be booked in this way. Choose a session from the timetable.",
)
CANCEL_TOO_LATE = declare(
    "cancel_too_late",
    409,
    fi="Varauksen voi perua viimeistään {cancel_minutes} minuuttia ennen alkua. Jos tulee este, kerro palveluun.",
    sv="En bokning kan avbokas senast {cancel_minutes} minuter före start. Kontakta tjänsten om du fått förhinder.",
    en="A booking can be cancelled until {cancel_minutes} minutes before the start. If you cannot come, tell us.",
)
SPACE_TAKEN = declare(
    "space_taken",
    409,
    fi="Tila on jo varattu tuohon aikaan. Valitse toinen aika tai tila.",
    sv="Utrymmet är redan bokat då. Välj en annan tid eller ett annat utrymme.",
    en="The space is already taken at that time. Choose another time or another space.",
    constraints=("uq_hold_part_slice",),
)
CLOSED = declare(
    "place_closed",
    409,
    fi="Paikka on silloin kiinni. Valitse aika aukioloajalta.",
    sv="Platsen är stängd då. Välj en tid inom öppettiderna.",
    en="The place is closed then. Choose a time within the opening hours.",
)
BAD_TIME = declare(
    "bad_booking_time",
    422,
    fi="Valitse alku tasalta {step} minuutin välein ja kesto, joka on enintään {longest} minuuttia.",
    sv="Välj en start på jämna {step} minuter och en längd på högst {longest} minuter.",
    en="Choose a start on every {step} minutes, and a length of at most {longest} minutes.",
)
OFFER_INVALID = declare(
    "class_invalid",
    422,
    fi="Näin vuoroa ei voi järjestää. Tarkista laji, tila, ajat ja paikat; paikkoja on enintään tilan verran.",
    sv="Så kan passet inte ordnas. Kontrollera typ, utrymme, tider och platser; högst så många som utrymmet rymmer.",
    en="The session cannot be held like this. Check its kind, space, times and places: at most what the space holds.",
    constraints=(
        "ck_session_rule_kind", "ck_session_rule_weekday", "ck_session_rule_minutes", "ck_session_rule_order",
        "ck_session_rule_capacity", "ck_session_rule_place", "ck_class_session_kind", "ck_class_session_order",
        "ck_class_session_bookable", "ck_class_session_place",
    ),
)  # fmt: skip
