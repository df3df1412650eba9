"""The page on which staff look up what happened at the doors. Each search is on record."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from zone.access.doors.queries import DoorChoice, doors_to_choose
from zone.access.status.schemas import ENTRIES
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.desk.entries.queries import MOST, EntrySearch, FoundEntry, search_entries
from zone.desk.entries.schemas import EntriesQuerySchema
from zone.desk.live_doors.schemas import reason_words
from zone.web.auth import may
from zone.web.looks import note_look

pages: Final = Blueprint("desk_entries_pages", __name__, template_folder="templates")


@pages.get("/manage/doors/entries")
@may(Permission.DOORS_WRITE)
def show() -> str:
    """Show what happened at the doors on a day."""
    asked = _asked()
    if asked.person is None:
        note_look("entries.search", "entry", asked.day, detail=_detail(asked))
    else:
        named = _detail(asked) | {"day": str(asked.day)}
        note_look("entries.search", "member", asked.person, detail=named)
    with reading() as session:
        return render_page(search_entries(session, asked), asked, doors_to_choose(session))


def _asked() -> EntrySearch:
    """Return what the address asks for; what it names wrongly is not asked for."""
    schema, args = EntriesQuerySchema(), {k: v for k, v in request.args.items() if v}
    wrong = schema.validate(args)
    known: dict[str, Any] = schema.load({k: v for k, v in args.items() if k not in wrong})
    return EntrySearch(**known | {"day": known["day"] or helsinki_date(utc_now())})


def _detail(asked: EntrySearch) -> dict[str, str]:
    named = {"door": asked.door, "result": asked.result}
    return {name: str(value) for name, value in named.items() if value is not None}


def render_page(
    found: Sequence[FoundEntry], asked: EntrySearch, doors: Sequence[DoorChoice]
) -> str:
    """Render the page."""
    reasons = reason_words()
    return render_template(
        "desk/entries/entries.html",
        found=[(one, _result(one, reasons)) for one in found],
        asked=asked,
        most=MOST,
        doors=[("", _("All doors"))]
        + [(str(door.id), f"{door.campus}, {door.area} · {door.name}") for door in doors],
        results=[
            ("", _("Everything")),
            ("let_in", _("Let in")),
            ("let_out", _("Let out")),
            ("refused", _("Refused")),
            ("other", _("What else happened")),
        ],
    )


def _result(one: FoundEntry, reasons: dict[str, str]) -> str:
    if one.kind != "scan":
        return str(ENTRIES.get(one.kind, one.kind))
    if one.let_in:
        return str(_("Let out") if one.leaving else _("Let in"))
    # A grant whose code proves nothing, or a word of a newer bridge.
    return reasons.get(one.reason or "", str(_("Refused")))
