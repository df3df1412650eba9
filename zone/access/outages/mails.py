"""The mails to staff about doors that keep people out."""

from datetime import UTC, datetime
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import AT_A_DOOR, MailKind, Placeholder, declare_mails

_AT: Final = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
_WHERE: Final = {
    "title": Placeholder(
        translatable("What is wrong"), translatable("The lock's relay does not answer")
    ),
    "campus": Placeholder(translatable("The campus"), "Metropolia Myllypuro"),
    "bridge": Placeholder(translatable("The bridge at the doors"), "Myllypuro 1"),
}
_INNER: Final = {
    "doors": "Gym: Gym door, Hall: Hall door",
    "keeps_out": "everybody",
    "steps": [
        translatable("Open the door once to try it."),
        translatable("Check the power of the board."),
    ],
    "since": _AT,
}

MAILS: Final = declare_mails(
    MailKind(
        template="access/outage_began",
        sent=translatable("A door keeps people out; it goes to staff"),
        night=AT_A_DOOR,
        values=_WHERE,
        blocks={
            "who": translatable("Whether everybody is kept out, or some people"),
            "steps": translatable("What to do, step by step"),
        },
        needs=("facts", "steps"),
        inner={**_INNER, "until": ""},
    ),
    MailKind(
        template="access/outage_over",
        sent=translatable("A door lets people in again; it goes to staff"),
        night=AT_A_DOOR,
        values=_WHERE,
        needs=("facts",),
        inner={**_INNER, "until": _AT.replace(hour=16, minute=10)},
    ),
)
