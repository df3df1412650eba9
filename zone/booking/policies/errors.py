"""Why a change of the booking policy is refused."""

from zone.core.errors import declare

POLICY_INVALID = declare(
    "policy_invalid",
    422,
    fi="Luvut eivät sovi yhteen. Tilan lyhin varaus on enintään pisin, alkamisväli jakaa "
    "vuorokauden tasan ja puskurit "
    "ovat viiden minuutin kerrannaisia. Varaus avautuu ennen kuin se sulkeutuu, ja jokin sallittu "
    "kesto on alkamisvälin kerrannainen.",
    sv="Talen går inte ihop. Utrymmets kortaste bokning är högst den längsta, starttiderna delar "
    "dygnet jämnt och "
    "buffertarna är jämna fem minuter. Bokningen öppnar innan den stänger, och någon tillåten "
    "längd är en multipel av intervallet.",
    en="The numbers do not fit together. The shortest booking of a space is at most the longest, "
    "the step divides a "
    "day evenly, and buffers are multiples of five minutes. Booking opens before it closes, and "
    "some length that is allowed is a multiple of the step.",
    constraints=(
        "ck_booking_policy_percent",
        "ck_booking_policy_step",
        "ck_booking_policy_length",
        "ck_booking_policy_around",
    ),
)
