"""Refusals about the keys of phones."""

from zone.core.errors import declare

KEY_INVALID = declare(
    "key_invalid",
    422,
    fi="Puhelimen avainta ei voitu lukea. Lataa passisivu uudelleen ja yritä uudestaan.",
    sv="Telefonens nyckel gick inte att läsa. Ladda om passidan och försök igen.",
    en="The phone's key could not be read. Reload your pass page and try again.",
)
KEY_TAKEN = declare(
    "key_taken",
    409,
    fi="Tämä avain on jo poistettu tai toisen käytössä. "
    "Lataa passisivu uudelleen, niin puhelin tekee uuden.",
    sv="Nyckeln har redan tagits bort eller används av någon annan. "
    "Ladda om passidan så gör telefonen en ny.",
    en="This key was removed or belongs to somebody else. "
    "Reload your pass page, and the phone makes a new one.",
    constraints=("uq_credential_kid",),
)
TOO_MANY_KEYS = declare(
    "too_many_devices",
    429,
    fi="Passi on otettu käyttöön liian monta kertaa vuorokaudessa. "
    "Yritä huomenna tai kysy palvelupisteestä.",
    sv="Passet har tagits i bruk för många gånger på ett dygn. "
    "Försök i morgon eller fråga vid servicedisken.",
    en="The pass was set up too many times within a day. Try again tomorrow or ask the desk.",
)
