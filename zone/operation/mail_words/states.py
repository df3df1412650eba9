"""The pages of mails in each of their states, with invented data."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from zone.core.errors import EDITED_MEANWHILE, NamedParts
from zone.core.mail.kinds import KINDS
from zone.core.mail.quiet_hours import QuietHours
from zone.core.mail.templates import Wording, built_in_words
from zone.core.mail_words.errors import MAIL_WORDS_UNFIT
from zone.core.mail_words.queries import NEVER, WordsVersion
from zone.core.mail_words.rules import MISSING, UNKNOWN, Misfit
from zone.core.mail_words.service import LANGUAGE_NAMES
from zone.operation.mail_words import views
from zone.operation.mail_words.pages import StoredWords, editor_page, mails_page
from zone.web.forms import FormState
from zone.web.language import language
from zone.web.states import State

NOW: Final = datetime(2026, 12, 1, 12, tzinfo=UTC)
TEMPLATE: Final = "booking/queue_promoted"
_OWN: Final = Wording(
    "Paikka sinulle: {name}",
    "Pääsit mukaan!",
    "Jonosta vapautui paikka, ja se on sinun.\n\n{event}\n\n{how_to_cancel}\n\nTervetuloa!",
)
_HISTORY: Final = [
    WordsVersion(2, NOW - timedelta(days=1), {"fi": _OWN, "sv": None, "en": None}),
    WordsVersion(1, NOW - timedelta(days=9), {"fi": _OWN, "sv": None, "en": _OWN}),
]
_MISFITS: Final = [
    {"language": "fi", "part": "body", "problem": UNKNOWN, "placeholder": "luokka"},
    {"language": "fi", "part": "body", "problem": MISSING, "placeholder": "how_to_cancel"},
]


def _list() -> str:
    reader = language()
    words = {template: built_in_words(template, reader) for template in KINDS}
    changed = {TEMPLATE: NOW - timedelta(days=1), "booking/reminder": NOW - timedelta(days=30)}
    return mails_page(views.mail_groups(changed, words, ["booking/reminder"], reader))


def _editor(
    history: Sequence[WordsVersion] = (),
    *,
    done: str | None = None,
    unfit: Sequence[Misfit] = (),
    preview: bool = False,
    **form: Any,
) -> str:
    kind, newest = KINDS[TEMPLATE], next(iter(history), NEVER)
    stored = StoredWords(kind, history, {"fi": unfit} if unfit else {}, QuietHours())
    values = views.words_json(TEMPLATE, newest)
    shown = (
        views.previews(TEMPLATE, newest.own, ("Zone", "#0b4a3c"), "https://zone.example")
        if preview
        else ()
    )
    return editor_page(stored, FormState(**{"values": values, **form}), shown, done)


def _changed_meanwhile() -> str:
    theirs = replace(_OWN, title="Nyt sait paikan!")
    other = replace(_HISTORY[0], own={**_HISTORY[0].own, "fi": theirs})
    return _editor(
        _HISTORY,
        stored=views.words_json(TEMPLATE, other),
        messages=(
            EDITED_MEANWHILE.text(language(), {"changed": NamedParts((LANGUAGE_NAMES["fi"],))}),
        ),
    )


STATES: Final = (
    State("mails", "all", _list),
    State("mail-words", "standard", _editor),
    State("mail-words", "own", lambda: _editor(_HISTORY, done="saved")),
    State("mail-words", "shown", lambda: _editor(_HISTORY, preview=True)),
    State(
        "mail-words",
        "wrong",
        lambda: _editor(
            _HISTORY,
            messages=(MAIL_WORDS_UNFIT.text(language()),),
            details={"misfits": _MISFITS},
        ),
    ),
    State("mail-words", "changed-meanwhile", _changed_meanwhile),
    State(
        "mail-words",
        "upgraded",
        lambda: _editor(_HISTORY, unfit=(Misfit("body", UNKNOWN, "room"),)),
    ),
)
