"""Refusals of a command to a door."""

from zone.core.errors import declare

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
