"""Every state of every screen on a page of links: only `zone demo` serves it."""

from itertools import groupby
from operator import attrgetter
from typing import Final

from flask import Blueprint, abort, render_template

from zone.web.auth import public
from zone.web.context import states_of_screens

demo_pages: Final = Blueprint("operation_states", __name__, template_folder="templates")


@demo_pages.get("/states")
@public
def states() -> str:
    """The list of all states, by screen."""
    screens = groupby(
        sorted(states_of_screens(), key=attrgetter("screen")), key=attrgetter("screen")
    )
    return render_template(
        "operation/states/states.html", screens=[(name, list(found)) for name, found in screens]
    )


@demo_pages.get("/states/<screen>/<name>")
@public
def state(screen: str, name: str) -> str:
    """One screen in one state, from invented values."""
    found = [one for one in states_of_screens() if (one.screen, one.name) == (screen, name)]
    if not found:
        abort(404)
    return found[0].page()
