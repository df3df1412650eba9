"""Refusals about doors, and about names of areas, doors and bridges."""

from zone.core.errors import declare

NAME_TAKEN = declare(
    "name_taken",
    409,
    fi="Nimi on jo käytössä. Valitse toinen nimi.",
    sv="Namnet används redan. Välj ett annat namn.",
    en="The name is taken. Choose another name.",
    constraints=("uq_area_campus_id_name", "uq_door_area_id_name", "uq_bridge_name"),
)
DOOR_NEVER_HELD_OPEN = declare(
    "door_never_held_open",
    422,
    fi="Ovea ei voi pitää auki järjestelmästä: lukko aukeaa aina vain hetkeksi, "
    "jotta se ei jää auki häiriössä. "
    "Pidä ovi auki avaimella tai avaa se kerran palvelupisteestä.",
    sv="Dörren kan inte hållas öppen härifrån: låset öppnas alltid bara en stund, "
    "så att det inte blir öppet vid fel. "
    "Håll dörren öppen med nyckel eller öppna den en gång från servicedisken.",
    en="A door cannot be held open from here: its strike is always a short pulse, "
    "so that no fault leaves it open. "
    "Hold it open with a key, or open it once from the desk.",
)
