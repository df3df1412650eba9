"""Why a space cannot be reserved."""

from zone.core.errors import declare

NOT_BOOKABLE = declare(
    "not_bookable",
    409,
    fi="Tätä ei voi varata näin. Valitse vuoro ohjelmasta.",
    sv="Det här kan inte bokas så här. Välj ett pass i schemat.",
    en="This cannot be booked in this way. Choose a session from the timetable.",
)
PLACE_CLOSED = declare(
    "place_closed",
    409,
    fi="Paikka on silloin kiinni. Valitse aika aukioloajalta.",
    sv="Platsen är stängd då. Välj en tid inom öppettiderna.",
    en="The place is closed then. Choose a time within the opening hours.",
)
BAD_BOOKING_TIME = declare(
    "bad_booking_time",
    422,
    fi="Valitse alku {step} minuutin välein ja kesto {step} minuutin portain: vähintään {least}, "
    "enintään {longest}.",
    sv="Välj en start på jämna {step} minuter och en längd i steg om {step} minuter: minst "
    "{least}, högst {longest}.",
    en="Choose a start on every {step} minutes, and a length in steps of {step} minutes, from "
    "{least} to {longest}.",
    fields=("at", "minutes"),
)
TOO_MANY_SPACE_BOOKINGS = declare(
    "too_many_space_bookings",
    409,
    fi="Sinulla on jo {space_open} tulevaa tilavarausta. Peru yksi tai varaa, kun edellinen on "
    "ohi.",
    sv="Du har redan {space_open} kommande bokningar av utrymmen. Avboka en, eller boka när den "
    "förra är över.",
    en="You already have {space_open} space bookings to come. Cancel one, or book again when one "
    "is over.",
)
SPACE_WEEK_FULL = declare(
    "space_week_full",
    409,
    fi="Voit varata tilan omaan käyttöön {space_week} kertaa viikossa. Valitse aika toiselta "
    "viikolta.",
    sv="Du kan boka ett utrymme för eget bruk {space_week} gånger i veckan. Välj en tid i en annan "
    "vecka.",
    en="You can book a space for your own use {space_week} times a week. Choose a time in another "
    "week.",
)
TOO_MANY_COMPANIONS = declare(
    "too_many_companions",
    409,
    fi="Tänne voi ottaa mukaan enintään {companions} seuralaista. Vähennä heitä tai valitse toinen "
    "tila.",
    sv="Hit får du ta med högst {companions} följeslagare. Minska antalet eller välj ett annat "
    "utrymme.",
    en="You can bring at most {companions} companions here. Bring fewer, or choose another space.",
    fields=("companions",),
)
