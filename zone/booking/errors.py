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
    fi="Varausaika päättyi {minutes} minuuttia ennen alkua. Vapaille paikoille voi tulla ilman varausta.",
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
    fi="Kaikki varattavat paikat ovat menneet. Mene jonoon, kokeile vapaita vuoroja tai tule ilman varausta.",
    sv="Alla bokningsbara platser är tagna. Ställ dig i kö, pröva de lediga passen eller kom utan bokning.",
    en="All places that can be booked are taken. Join the queue, try the free sessions, or come without booking.",
    constraints=("ck_class_session_places",),
)
NOT_FULL = declare(
    "session_not_full",
    409,
    fi="Vuorolla on vapaa paikka. Varaa se suoraan.",
    sv="Det finns en ledig plats på passet. Boka den direkt.",
    en="There is a free place in this session. Book it directly.",
)
ALREADY_QUEUED = declare(
    "already_queued",
    409,
    fi="Olet jo tämän vuoron jonossa. Löydät jonopaikkasi varauksistasi.",
    sv="Du står redan i kö till det här passet. Du hittar köplatsen bland dina bokningar.",
    en="You already wait for this session. You will find your place in the queue among your bookings.",
    constraints=("uq_queue_entry_live",),
)
TOO_MANY_QUEUES = declare(
    "too_many_queues",
    409,
    fi="Olet jo {queues} vuoron jonossa. Poistu yhdestä, niin voit mennä tähän.",
    sv="Du står redan i {queues} köer. Lämna en av dem för att ställa dig i den här.",
    en="You already wait in {queues} queues. Leave one of them to join this one.",
)
QUEUE_CLOSED = declare(
    "queue_closed",
    409,
    fi="Jono sulkeutuu {cancel_minutes} minuuttia ennen alkua. Voit tulla ilman varausta.",
    sv="Kön stänger {cancel_minutes} minuter före start. Du kan komma utan bokning.",
    en="The queue closes {cancel_minutes} minutes before the start. You can come without booking.",
)
LEFT_TOO_LATE = declare(
    "queue_place_promoted",
    409,
    fi="Sait jo paikan jonosta. Jos et tarvitse sitä, peru varaus, niin se siirtyy seuraavalle.",
    sv="Du har redan fått en plats från kön. Behöver du den inte, avboka den så går den till nästa.",
    en="You have already got a place from the queue. If you do not need it, cancel the booking; it goes to the next.",
)
CAPACITY_TAKEN = declare(
    "capacity_below_booked",
    409,
    fi="{booked} paikkaa on jo varattu. Valitse vähintään {least} paikkaa tai peru vuoro.",
    sv="{booked} platser är redan bokade. Välj minst {least} platser eller ställ in passet.",
    en="{booked} places are already booked. Choose at least {least} places, or cancel the session.",
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
    fi="Varauksen voi perua viimeistään {cancel_minutes} minuuttia ennen alkua. Jos et pääse tulemaan, "
    "kerro siitä palvelupisteeseen.",
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
    fi="Valitse alku {step} minuutin välein ja kesto {step} minuutin portain: vähintään {least}, enintään {longest}.",
    sv="Välj en start på jämna {step} minuter och en längd i steg om {step} minuter: minst {least}, högst {longest}.",
    en="Choose a start on every {step} minutes, and a length in steps of {step} minutes, from {least} to {longest}.",
)
TOO_MANY_SPACES = declare(
    "too_many_space_bookings",
    409,
    fi="Sinulla on jo {space_open} tulevaa tilavarausta. Peru yksi tai varaa, kun edellinen on ohi.",
    sv="Du har redan {space_open} kommande bokningar av utrymmen. Avboka en, eller boka när den förra är över.",
    en="You already have {space_open} space bookings to come. Cancel one, or book again when one is over.",
)
WEEK_FULL = declare(
    "space_week_full",
    409,
    fi="Voit varata tilan omaan käyttöön {space_week} kertaa viikossa. Valitse aika toiselta viikolta.",
    sv="Du kan boka ett utrymme för eget bruk {space_week} gånger i veckan. Välj en tid i en annan vecka.",
    en="You can book a space for your own use {space_week} times a week. Choose a time in another week.",
)
TOO_MANY_COMPANIONS = declare(
    "too_many_companions",
    409,
    fi="Tänne voi ottaa mukaan enintään {companions} seuralaista. Vähennä heitä tai valitse toinen tila.",
    sv="Hit får du ta med högst {companions} följeslagare. Minska antalet eller välj ett annat utrymme.",
    en="You can bring at most {companions} companions here. Bring fewer, or choose another space.",
)
TERM_INVALID = declare(
    "term_invalid",
    422,
    fi="Kausi ei käy: sen päivät ovat väärin päin, niitä on liikaa, tai toinen kausi on silloin. Tarkista päivät.",
    sv="Terminen går inte: dagarna är i fel ordning eller för många, eller en annan termin är samtidigt. "
    "Kontrollera datumen.",
    en="This term does not work: its days are reversed or too many, or another term has some of them. Check the dates.",
    constraints=("uq_season_code", "ck_season_kind", "ck_season_order"),
)
POLICY_INVALID = declare(
    "policy_invalid",
    422,
    fi="Luvut eivät sovi yhteen. Tilan lyhin varaus on enintään pisin, alkamisväli jakaa vuorokauden tasan ja puskurit "
    "ovat viiden minuutin kerrannaisia.",
    sv="Talen går inte ihop. Utrymmets kortaste bokning är högst den längsta, starttiderna delar dygnet jämnt och "
    "buffertarna är jämna fem minuter.",
    en="The numbers do not fit together. The shortest booking of a space is at most the longest, the step divides a "
    "day evenly, and buffers are multiples of five minutes.",
    constraints=(
        "ck_booking_policy_percent", "ck_booking_policy_step", "ck_booking_policy_length", "ck_booking_policy_around",
    ),
)  # fmt: skip
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
