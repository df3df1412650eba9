"""Refusals about the service's own data."""

from typing import Final

from zone.core.errors import declare

LOGO_UNREADABLE: Final = declare(
    "logo_unreadable",
    422,
    fi="Tätä tiedostoa ei voi lukea kuvana. Valitse PNG-, JPEG- tai WebP-kuva, jonka sivut ovat "
    "enintään 4 096 pikseliä.",
    sv="Den här filen går inte att läsa som bild. Välj en PNG-, JPEG- eller WebP-bild vars sidor "
    "är högst 4 096 pixlar.",
    en="This file cannot be read as a picture. Choose a PNG, JPEG or WebP picture with sides of at "
    "most 4 096 pixels.",
    fields=("logo",),
)
ACCENT_UNREADABLE: Final = declare(
    "accent_unreadable",
    422,
    fi="Tätä väriä ei erota valkoisesta: kontrastin pitää olla vähintään 4,5 : 1. "
    "Valitse tummempi väri.",
    sv="Den här färgen syns inte mot vitt: kontrasten måste vara minst 4,5 : 1. "
    "Välj en mörkare färg.",
    en="This colour cannot be read on white: the contrast has to be at least 4.5 : 1. "
    "Choose a darker one.",
    fields=("accent",),
)
