"""Why presence at a session is not recorded."""

from zone.core.errors import declare

ATTENDANCE_TOO_EARLY = declare(
    "attendance_too_early",
    409,
    fi="Läsnäolon voi kirjata aikaisintaan puoli tuntia ennen alkua.",
    sv="Närvaro kan registreras tidigast en halv timme före start.",
    en="Presence can be recorded from half an hour before the start.",
)
