"""Where a campus is on a map. Pure."""

from typing import Final
from urllib.parse import urlencode

MAP: Final = "https://www.openstreetmap.org"
ZOOM: Final = 17
"""A few blocks: near enough to see the door, far enough to see the next stop."""


def map_address(
    street: str | None, place: str, latitude: float | None, longitude: float | None
) -> str | None:
    """Return the address of a map with a mark at the position, else of a search for the street.

    `place` is postal code and city. None: neither is known.
    """
    if latitude is not None and longitude is not None:
        marked = urlencode({"mlat": latitude, "mlon": longitude})
        return f"{MAP}/?{marked}#map={ZOOM}/{latitude}/{longitude}"
    return f"{MAP}/search?{urlencode({'query': f'{street}, {place}'})}" if street else None
