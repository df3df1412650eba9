"""What a browser loads at its first visit to a page: how many requests, and how many bytes.

Counted are the page and what it names: style, scripts, font, icons and pictures, as they are sent
to a browser that takes gzip, without headers. Not counted are the browser's own requests (icon of
the tab, manifest) and what a script asks for later.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

from flask.testing import FlaskClient

LOADED_LINKS: Final = frozenset({"stylesheet", "preload"})
KIB: Final = 1024
_GZIP: Final = {"Accept": "text/html", "Accept-Encoding": "gzip"}
_NAMED_IN_STYLE: Final = re.compile(r'background-image: url\("([^"]+)"\)')


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """The addresses that a first visit asks for, the page's own first, and their bytes in all."""

    addresses: Sequence[str]
    size: int

    @property
    def kib(self) -> float:
        """The bytes in KiB."""
        return self.size / KIB


def first_load(reader: FlaskClient, path: str, weights: dict[str, int] | None = None) -> FirstLoad:
    """Return what a first visit to a page loads.

    `weights`: the bytes of static addresses, which name a version, from earlier pages.

    Raises:
        ValueError: something that the page names is not there.
    """
    page = reader.get(path, headers={"Accept": "text/html"})
    named = _Named()
    named.feed(page.text)
    addresses = [path, *named.addresses]
    if "select" in named.classes:  # the one picture that the style sheet names
        sheet = next(one for one in addresses if one.endswith("/zone.css"))
        pictures = set(_NAMED_IN_STYLE.findall(reader.get(sheet).text))
        addresses += [sheet.replace("zone.css", name) for name in pictures]
    known = {} if weights is None else weights
    for address in addresses:
        if address not in known or "/static/" not in address:
            known[address] = _bytes_of(reader, address)
    return FirstLoad(addresses, sum(known[address] for address in addresses))


def _bytes_of(reader: FlaskClient, address: str) -> int:
    answer = reader.get(address, headers=_GZIP)
    if answer.status_code >= 500 or (answer.status_code == 404 and "/static/" in address):
        raise ValueError(f"{address} answered {answer.status_code}")
    return len(answer.data)


class _Named(HTMLParser):
    """Collects what a page names, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one element."""
        values = {name: value or "" for name, value in attrs}
        self.classes.update(values.get("class", "").split())
        if tag == "link" and values.get("rel") in LOADED_LINKS:
            self._add(values["href"])
        elif tag in {"script", "img", "iframe"} and "src" in values:
            self._add(values["src"])
        elif tag == "use":
            self._add(values["href"].partition("#")[0])

    def _add(self, address: str) -> None:
        if address not in self.addresses:
            self.addresses.append(address)
