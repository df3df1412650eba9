"""Why a place cannot be booked or cancelled."""

from zone.core.errors import declare

BOOKING_NOT_OPEN = declare(
    "booking_not_open",
    409,
    fi="Varaus avautuu {days} päivää ennen alkua. Tule silloin takaisin.",
    sv="Bokningen öppnar {days} dagar före start. Kom tillbaka då.",
    en="Booking opens {days} days before the start. Come back then.",
)
BOOKING_CLOSED = declare(
    "booking_closed",
    409,
    # Also of courts, which nobody may use without a booking.
    fi="Varausaika päättyi {minutes} minuuttia ennen alkua. Tunnille voi tulla ilman varausta, jos "
    "siellä on tilaa.",
    sv="Bokningen stängde {minutes} minuter före start. Till ett gruppass kan du komma utan "
    "bokning om det finns plats.",
    en="Booking closed {minutes} minutes before the start. You can still come to a class without "
    "booking, if there is room.",
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
    sv="Ditt pass täcker inte det här tillfället när det börjar. Köp eller förläng ett pass för "
    "att boka.",
    en="Your pass does not cover this session when it starts. Buy or extend a pass to book it.",
)
PERSON_SUSPENDED = declare(
    "person_suspended",
    409,
    fi="Palvelun käyttösi on keskeytetty tämän vuoron alkaessa, joten et voi varata sitä. Kysy "
    "lisää asiakaspalvelusta.",
    sv="Din rätt att använda tjänsten är spärrad när det här passet börjar, så du kan inte boka "
    "det. Fråga kundtjänsten.",
    en="Your use of the service is suspended when this session starts, so you cannot book it. Ask "
    "at the desk.",
)
BOOKING_SUSPENDED = declare(
    "booking_suspended",
    409,
    fi="Ennakkovaraus on tauolla {until} asti, koska {no_shows} varausta jäi käyttämättä. "
    "Tunneille voit tulla ilman varausta.",
    sv="Förhandsbokning är pausad till {until} eftersom {no_shows} bokningar inte användes. Till "
    "gruppassen kan du komma utan bokning.",
    en="Booking ahead is paused until {until} because {no_shows} bookings were not used. You can "
    "come to classes without booking.",
)
TOO_MANY_BOOKINGS = declare(
    "too_many_bookings",
    409,
    fi="Sinulla on jo {most} avointa varausta. Peru yksi tai odota, että se on ohi.",
    sv="Du har redan {most} öppna bokningar. Avboka en eller vänta tills den är över.",
    en="You already have {most} open bookings. Cancel one, or wait until it is over.",
)
OVERLAPPING_BOOKING = declare(
    "overlapping_booking",
    409,
    fi="Sinulla on toinen varaus samaan aikaan. Peru se ensin tai valitse toinen aika.",
    sv="Du har en annan bokning samtidigt. Avboka den först eller välj en annan tid.",
    en="You have another booking at the same time. Cancel it first, or choose another time.",
)
SESSION_FULL = declare(
    "session_full",
    409,
    fi="Kaikki varattavat paikat ovat menneet. Mene jonoon, kokeile vapaita vuoroja tai tule ilman "
    "varausta.",
    sv="Alla bokningsbara platser är tagna. Ställ dig i kö, pröva de lediga passen eller kom utan "
    "bokning.",
    en="All places that can be booked are taken. Join the queue, try the free sessions, or come "
    "without booking.",
    constraints=("ck_class_session_places",),
)
CANCEL_TOO_LATE = declare(
    "cancel_too_late",
    409,
    fi="Varauksen voi perua viimeistään {cancel_minutes} minuuttia ennen alkua, tai {take_back} "
    "minuutin sisällä varaamisesta. Jos et pääse tulemaan, kerro siitä palvelupisteeseen.",
    sv="En bokning kan avbokas senast {cancel_minutes} minuter före start, eller inom {take_back} "
    "minuter från att den gjordes. Kontakta tjänsten om du fått förhinder.",
    en="A booking can be cancelled until {cancel_minutes} minutes before the start, or within "
    "{take_back} minutes of making it. If you cannot come, tell us.",
)
