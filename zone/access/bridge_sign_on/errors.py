"""Refusals that a bridge gets when it enrols, signs on or sends a message."""

from zone.core.errors import declare

BRIDGE_UNKNOWN = declare(
    "bridge_unknown",
    401,
    fi="Ovikeskus ei pääse sisään. "
    "Tarkista sen rekisteröinti tai luo sille uusi rekisteröintitunnus.",
    sv="Dörrcentralen släpps inte in. "
    "Kontrollera dess registrering eller skapa en ny registreringskod för den.",
    en="The bridge could not sign on. Check its enrolment, or make a new enrolment token for it.",
)
ENROLMENT_INVALID = declare(
    "enrolment_invalid",
    401,
    fi="Rekisteröintitunnus on vanhentunut tai jo käytetty. "
    "Luo uusi ja käytä se 15 minuutin kuluessa.",
    sv="Registreringskoden har gått ut eller har redan använts. "
    "Skapa en ny och använd den inom 15 minuter.",
    en="The enrolment token has expired or was used. Make a new one and use it within 15 minutes.",
)
BRIDGE_ENROLLED = declare(
    "bridge_enrolled",
    409,
    fi="Tämä ovikeskus on jo rekisteröity tai poistettu. "
    "Luo vaihdetulle laitteelle uusi ovikeskus.",
    sv="Dörrcentralen är redan registrerad eller borttagen. "
    "Skapa en ny dörrcentral för den utbytta enheten.",
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
