"""Refusals about campuses."""

from zone.core.errors import declare

ADDRESS_INCOMPLETE = declare(
    "address_incomplete",
    422,
    fi="Anna katuosoite, postinumero ja kaupunki yhdessä, tai jätä kaikki kolme tyhjiksi.",
    sv="Ange gatuadress, postnummer och ort tillsammans, eller lämna alla tre tomma.",
    en="Give street, postal code and city together, or leave all three empty.",
    constraints=("ck_campus_address",),
    fields=("street", "postal_code", "city"),
)
POSITION_INCOMPLETE = declare(
    "position_incomplete",
    422,
    fi="Anna leveys- ja pituusaste yhdessä, tai jätä molemmat tyhjiksi.",
    sv="Ange latitud och longitud tillsammans, eller lämna båda tomma.",
    en="Give latitude and longitude together, or leave both empty.",
    constraints=("ck_campus_position",),
    fields=("latitude", "longitude"),
)
