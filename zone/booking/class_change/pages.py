"""What a change of a weekly class does, in words, for the pages on which it is previewed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import ngettext

from zone.web import filters
from zone.web.language import language

MOST_DAYS: Final = 8
"""How many days of one sort are named."""


def preview_sentences(change: Mapping[str, Any]) -> list[str]:
    """Return what a change would do, one sentence for each effect."""
    starts = ", ".join(filters.day(datetime.fromisoformat(at)) for at in change["cancelled"])
    closed = _listed(change["closed"], change["days"])
    cancelled = ngettext(
        "%(num)s session is cancelled", "%(num)s sessions are cancelled", len(change["cancelled"])
    )
    people = ngettext(
        "%(num)s booking falls away; that person gets a mail",
        "%(num)s bookings fall away; those people get a mail",
        change["people"],
    )
    made = ngettext("%(num)s session is made", "%(num)s sessions are made", change["made"])
    changed = ngettext(
        "%(num)s session is changed", "%(num)s sessions are changed", change["changed"]
    )
    left_out = _("Left out, because the campus is closed")
    effects = (
        (starts, f"{cancelled}: {starts}"),
        (change["people"], people),
        (change["made"], made),
        (change["changed"], changed),
        (closed, f"{left_out}: {closed}"),
        (
            change["moved"],
            _("From that day on it is another class in the list: earlier days stay as they were."),
        ),
    )
    moves = move_sentences(change["sessions"])
    none = (
        _("Nothing changes.")
        if change["unchanged"]
        else _("The class is saved. So far this concerns none of its sessions.")
    )
    return [
        *([*moves, *(sentence for holds, sentence in effects if holds)] or [none]),
        *day_sentences(change["days"], change["closed"]),
        *clock_sentences(
            [datetime.fromisoformat(at) for at in change["skipped"]],
            [datetime.fromisoformat(at) for at in change["repeated"]],
        ),
    ]


def move_sentences(moved: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what becomes of the people of sessions that move, in all."""
    along = [one for one in moved if one["outcome"] == "along"]
    first = [one for one in moved if one["outcome"] == "first_right"]
    waiting = sum(one["waiting"] for one in moved)
    mails = sum(one["booked"] + one["entered"] for one in moved) + waiting
    draws = sum(one["ends_draw"] for one in moved)
    effects = (
        (
            along,
            ngettext(
                "%(num)s session moves a little, or to another space: bookings come along",
                "%(num)s sessions move a little, or to another space: bookings come along",
                len(along),
            ),
        ),
        (
            first,
            ngettext(
                "%(num)s session moves further: bookings end, and their people have the first "
                "right to the new time",
                "%(num)s sessions move further: bookings end, and their people have the first "
                "right to the new time",
                len(first),
            ),
        ),
        (
            waiting,
            ngettext(
                "%(num)s person who waits keeps the place in the queue",
                "%(num)s people who wait keep their places in the queue",
                waiting,
            ),
        ),
        (
            draws,
            ngettext(
                "%(num)s draw is called off, because it would be after the start",
                "%(num)s draws are called off, because they would be after the start",
                draws,
            ),
        ),
        (moved, ngettext("%(num)s mail goes out", "%(num)s mails go out", mails)),
    )
    return [sentence for holds, sentence in effects if holds]


def moved_sentence(one: Mapping[str, Any]) -> str:
    """Return what becomes of the people of one session that moves, in numbers."""
    before, after = (datetime.fromisoformat(one[name]) for name in ("starts_at", "new_starts_at"))
    values = {
        "before": filters.moment(before),
        "after": filters.moment(after),
        "booked": one["booked"],
        "waiting": one["waiting"],
    }
    if one["until"]:
        values["until"] = filters.moment(datetime.fromisoformat(one["until"]))
        sentence = _(
            "%(before)s → %(after)s: %(booked)s booked, first right until %(until)s; "
            "%(waiting)s waiting",
            **values,
        )
    else:
        sentence = _("%(before)s → %(after)s: %(booked)s booked, %(waiting)s waiting", **values)
    return str(sentence)


def day_sentences(days: Sequence[Mapping[str, Any]], known: Collection[str] = ()) -> list[str]:
    """Return which of a class's days are not as usual; `known` are named elsewhere already."""
    sentences = {
        "closed": _("Also left out later, because the campus is closed: %(days)s"),
        "unplanned": _(
            "Public holidays without a plan yet, on which it is held unless the campus is closed: "
            "%(days)s"
        ),
        "holiday": _("Held on a public holiday: %(days)s"),
        "break": _("Held in a break too: %(days)s"),
    }
    found = {
        kind: [one["day"] for one in days if one["kind"] == kind and one["day"] not in known]
        for kind in sentences
    }
    return [
        sentences[kind] % {"days": _listed(of_kind, days)}
        for kind, of_kind in found.items()
        if of_kind
    ]


def _listed(wanted: Sequence[str], days: Sequence[Mapping[str, Any]]) -> str:
    """Return some days in one text, each with the name of its holiday or why it is closed."""
    names = {one["day"]: (one["names"] or {}).get(language(), "") for one in days}
    words = [filters.date_(date.fromisoformat(day)) for day in wanted[:MOST_DAYS]]
    named = [
        f"{text} ({name})" if (name := names.get(day)) else text
        for day, text in zip(wanted, words, strict=False)
    ]
    more = len(wanted) - MOST_DAYS
    if more > 0:
        named.append(ngettext("and %(num)s other", "and %(num)s others", more))
    return ", ".join(named)


def clock_sentences(skipped: Sequence[datetime], repeated: Sequence[datetime]) -> list[str]:
    """Return what becomes of sessions in an hour that the clock skips or repeats."""
    moved, first = (", ".join(map(filters.moment, starts)) for starts in (skipped, repeated))
    sentences = (
        (
            moved,
            _("The clock skips the start; the session is held an hour later: %(when)s", when=moved),
        ),
        (
            first,
            _("The clock repeats the start; the first of the two is meant: %(when)s", when=first),
        ),
    )
    return [sentence for holds, sentence in sentences if holds]
