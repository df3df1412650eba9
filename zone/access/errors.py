"""What access refuses, and what to do next."""

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
    fi="Tämä avain on jo poistettu tai toisen käytössä. Lataa passisivu uudelleen, niin puhelin tekee uuden.",
    sv="Nyckeln har redan tagits bort eller används av någon annan. Ladda om passidan så gör telefonen en ny.",
    en="This key was removed or belongs to somebody else. Reload your pass page, and the phone makes a new one.",
    constraints=("uq_credential_kid",),
)
TOO_MANY_KEYS = declare(
    "too_many_devices",
    429,
    fi="Passi on otettu käyttöön liian monta kertaa vuorokaudessa. Yritä huomenna tai kysy palvelupisteestä.",
    sv="Passet har tagits i bruk för många gånger på ett dygn. Försök i morgon eller fråga vid servicedisken.",
    en="The pass was set up too many times within a day. Try again tomorrow or ask the desk.",
)
BRIDGE_UNKNOWN = declare(
    "bridge_unknown",
    401,
    fi="Ovikeskus ei pääse sisään. Tarkista sen rekisteröinti tai luo sille uusi rekisteröintitunnus.",
    sv="Dörrcentralen släpps inte in. Kontrollera dess registrering eller skapa en ny registreringskod för den.",
    en="The bridge could not sign on. Check its enrolment, or make a new enrolment token for it.",
)
ENROLMENT_INVALID = declare(
    "enrolment_invalid",
    401,
    fi="Rekisteröintitunnus on vanhentunut tai jo käytetty. Luo uusi ja käytä se 15 minuutin kuluessa.",
    sv="Registreringskoden har gått ut eller har redan använts. Skapa en ny och använd den inom 15 minuter.",
    en="The enrolment token has expired or was used. Make a new one and use it within 15 minutes.",
)
BRIDGE_ENROLLED = declare(
    "bridge_enrolled",
    409,
    fi="Tämä ovikeskus on jo rekisteröity tai poistettu. Luo vaihdetulle laitteelle uusi ovikeskus.",
    sv="Dörrcentralen är redan registrerad eller borttagen. Skapa en ny dörrcentral för den utbytta enheten.",
    en="This bridge is enrolled or revoked. Make a new bridge for a replaced box.",
)
KEY_IN_USE = declare(
    "bridge_key_in_use",
    409,
    fi="Toinen ovikeskus käyttää jo tätä avainta. Tyhjennä laite ja rekisteröi se uudelleen.",
    sv="En annan dörrcentral använder redan nyckeln. Töm enheten och registrera den på nytt.",
    en="Another bridge already uses this key. Clear the box and enrol it again.",
    constraints=("uq_bridge_public_key", "uq_bridge_next_public_key"),
)
MESSAGE_INVALID = declare(
    "message_invalid",
    400,
    fi="Ovikeskuksen viestiä ei voitu lukea: {what}. Päivitä ovikeskuksen ohjelma.",
    sv="Dörrcentralens meddelande gick inte att läsa: {what}. Uppdatera dess programvara.",
    en="The bridge's message could not be read: {what}. Update the software of the bridge.",
)
NAME_TAKEN = declare(
    "name_taken",
    409,
    fi="Nimi on jo käytössä. Valitse toinen nimi.",
    sv="Namnet används redan. Välj ett annat namn.",
    en="The name is taken. Choose another name.",
    constraints=("uq_area_campus_id_name", "uq_door_area_id_name", "uq_bridge_name"),
)
ENDS_TOO_EARLY = declare(
    "ends_too_early",
    422,
    fi="Keskeytyksen on päätyttävä tulevaisuudessa. Valitse myöhempi aika.",
    sv="Spärren måste sluta i framtiden. Välj en senare tid.",
    en="A suspension must end in the future. Choose a later time.",
    constraints=("ck_suspension_order",),
)
DOOR_NEVER_HELD_OPEN = declare(
    "door_never_held_open",
    422,
    fi="Ovea ei voi pitää auki järjestelmästä: lukko aukeaa aina vain hetkeksi, jotta se ei jää auki häiriössä. "
    "Pidä ovi auki avaimella tai avaa se kerran palvelupisteestä.",
    sv="Dörren kan inte hållas öppen härifrån: låset öppnas alltid bara en stund, så att det inte blir öppet vid fel. "
    "Håll dörren öppen med nyckel eller öppna den en gång från servicedisken.",
    en="A door cannot be held open from here: its strike is always a short pulse, so that no fault leaves it open. "
    "Hold it open with a key, or open it once from the desk.",
)
DOOR_SHUT = declare(
    "door_shut",
    409,
    fi="Ovi on suljettu kaikilta. Palauta se ensin tavalliseen tilaan.",
    sv="Dörren är stängd för alla. Återställ den först till normalt läge.",
    en="The door is shut to everybody. Set it back to normal first.",
)
DOOR_WITHOUT_BRIDGE = declare(
    "door_without_bridge",
    409,
    fi="Ovella ei ole ovikeskusta, joka voisi avata sen. Liitä ovi ensin ovikeskukseen.",
    sv="Dörren har ingen dörrcentral som kan öppna den. Koppla den först till en dörrcentral.",
    en="The door has no bridge that could open it. Connect it to a bridge first.",
)
NEVER_OVERRIDDEN = declare(
    "never_overridden",
    409,
    fi="Tilat on suljettu turvallisuussyystä, eikä ketään saa päästää sisään. Noudata turvallisuusohjetta.",
    sv="Lokalerna är stängda av säkerhetsskäl och ingen får släppas in. Följ säkerhetsanvisningen.",
    en="The premises are locked down, and nobody may be let in. Follow the safety instructions.",
)
