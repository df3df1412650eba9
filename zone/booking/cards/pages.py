"""What cards print, in the language of the request."""

from datetime import datetime
from functools import cache
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from zone.booking.cards.views import KINDS, ClassCard
from zone.booking.sessions.views import SessionView
from zone.core.time import helsinki_date
from zone.web.language import language


def kind_names() -> dict[str, str]:
    """Return the words of the kinds of exercise, by `views.KINDS`."""
    return {
        "strength": _("Strength"),
        "cardio": _("Cardio"),
        "mind": _("Body and mind"),
        "dance": _("Dance"),
        "ball": _("Ball games"),
        "martial_arts": _("Martial arts"),
        "other": _("Other exercise"),
    }


def card_words(now: datetime) -> dict[str, Any]:
    """Return what cards and what is around them print, of which some are on every card."""
    today = helsinki_date(now)
    return _fixed_words(language()) | {
        # A card comes back in the language of its page, also where the address has named that.
        "lang": f"?lang={language()}" if request.args.get("lang") else "",
        "minutes": cache(lambda number: _("%(minutes)s min", minutes=number)),
        "left": cache(lambda number: ngettext("%(num)s left", "%(num)s left", number)),
        "place_line": _place_line,
        "today": today,
        "is_today": lambda at: helsinki_date(at) == today,
        "is_same_day": lambda at, day: helsinki_date(at) == helsinki_date(day),
    }


def _place_line(card: ClassCard) -> str:
    """Return where a class is and who leads it, on one line of its card."""
    view = card.view
    where = ", ".join(place_of(view)) or _("Online")
    return f"{where}\N{NO-BREAK SPACE}· {card.leader}" if view.instructor else str(where)


@cache
def _fixed_words(_code: str) -> dict[str, Any]:
    """Return words that do not change, in the language of this request; it is the key."""
    return {
        "kinds": kind_names(),
        "kind_icons": KINDS,
        "parts": {"morning": _("Morning"), "midday": _("Midday"), "evening": _("Evening")},
        "acts": {
            "book": _("Book"),
            "queue": _("Join the queue"),
            "cancel": _("Cancel"),
            "leave": _("Leave the queue"),
            "enter": _("Enter the draw"),
            "withdraw": _("Leave the draw"),
            "sign_in": _("Sign in to book"),
            "sign_in_to_queue": _("Sign in to queue"),
            "pass": _("Get a pass"),
            "look": _("Book instead"),
            "answer": _("Answer the offer"),
            "own": _("My bookings"),
        },
    }


def place_of(view: SessionView) -> list[str]:
    """Return the campus and the space; online none."""
    return [view.campus_name, view.space[language()]] if view.campus_name and view.space else []
