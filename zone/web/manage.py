"""The frame of the manager's pages: the entries of its side bar, and who is signed in.

Its pages extend `web/manage_layout.html`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Flask, current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.identity import Actor
from zone.core.text import initials
from zone.web.feature import ManageItem, NavItem
from zone.web.home import ORDER
from zone.web.layout import navigation
from zone.web.read_connection import read_connection
from zone.web.whereabouts import is_served

KEY: Final = "zone_manage"

NameOf = Callable[[Session, int], str]
RoleNames = Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ManageLink:
    """An entry of the side bar. `count` is how many things need attention there."""

    path: str
    label: str
    icon: str
    current: bool
    count: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who uses the page: a name, its initials, and the role in which they work here."""

    name: str
    initials: str
    role: str


@dataclass(frozen=True, slots=True)
class ManageFrame:
    """What stands around a manager's page; `work` leads to staff's other pages, and `due` are the
    links that stand there only as long as something is to be done.
    """

    links: list[ManageLink]
    work: list[NavItem]
    who: SignedIn
    due: list[ManageLink]

    @property
    def count(self) -> int:
        """How many things need attention on all pages."""
        return sum(link.count for link in self.links)


def install(
    app: Flask, items: Iterable[ManageItem], *, name_of: NameOf, role_names: RoleNames
) -> None:
    """Give the templates `manage_frame`, made of the entries of the features."""
    ordered = sorted(items, key=lambda item: item.position)
    app.extensions[KEY] = (ordered, name_of, role_names)
    app.context_processor(lambda: {"manage_frame": manage_frame})


def manage_frame() -> ManageFrame:
    """Return the frame of this request's page, with what its person may open."""
    items: list[ManageItem]
    items, name_of, role_names = current_app.extensions[KEY]
    actor: Actor | None = g.get("actor")
    if actor is None:  # a state of a page from invented values; its own views need somebody
        return ManageFrame([_link(item, 0) for item in items], [], SignedIn("", "", ""), [])
    with Session(read_connection()) as session:
        shown = [item for item in items if actor.may(item.permission) and is_served(item.path)]
        counts = _counts(session, shown, utc_now())
        links = [_link(item, counts.get(item.path, 0)) for item in shown if _stands(item, counts)]
        name = name_of(session, actor.id)
    passing = {item.path for item in items if item.while_counted}
    due = [link for link in links if link.path in passing and link.count and not link.current]
    work = [item for item in navigation() if _is_work(item) and not _is_here(items, item.path)]
    who = SignedIn(name, initials(name), _role(actor, role_names()))
    return ManageFrame(links, work, who, due)


def _counts(session: Session, items: Iterable[ManageItem], now: datetime) -> dict[str, int]:
    """Return how many things need attention on the pages of these entries, by path."""
    listed = list(items)
    queries = {item.path: item.count(now) for item in listed if item.count}
    counts = {item.path: item.counter(session, now) for item in listed if item.counter}
    if queries:  # one statement for all: each page of a manager waits for it
        row = session.execute(select(*(query.scalar_subquery() for query in queries.values())))
        counts.update(zip(queries, row.one(), strict=True))
    return counts


def _stands(item: ManageItem, counts: Mapping[str, int]) -> bool:
    # Its own page keeps it: whoever is there sees where they are.
    return not item.while_counted or bool(counts.get(item.path)) or _is_below(item.path)


def _link(item: ManageItem, count: int) -> ManageLink:
    current = any(_is_below(path) for path in (item.path, *item.also))
    return ManageLink(item.path, str(item.label), item.icon, current, count)


def _is_below(path: str) -> bool:
    return request.path == path or request.path.startswith(f"{path}/")


def _is_work(item: NavItem) -> bool:
    # What only some may open is work; what all may open is reached from the public pages.
    return item.permission is not None or item.role is not None


def _is_here(items: Iterable[ManageItem], path: str) -> bool:
    return any(item.path == path for item in items)


def _role(actor: Actor, names: Mapping[str, str]) -> str:
    held: Any = [role for role in ORDER if role in actor.roles]
    return names[held[0]] if held else ""
