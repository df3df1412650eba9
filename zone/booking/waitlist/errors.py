"""Why a person cannot join a waitlist or leave it."""

from zone.core.errors import declare

SESSION_NOT_FULL = declare(
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
    en="You already wait for this session. You will find your place in the queue among your "
    "bookings.",
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
QUEUE_PLACE_PROMOTED = declare(
    "queue_place_promoted",
    409,
    fi="Sait jo paikan jonosta. Jos et tarvitse sitä, peru varaus, niin se siirtyy seuraavalle.",
    sv="Du har redan fått en plats från kön. Behöver du den inte, avboka den så går den till "
    "nästa.",
    en="You have already got a place from the queue. If you do not need it, cancel the booking; it "
    "goes to the next.",
)
