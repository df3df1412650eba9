"""Post mail: write a row into the outbox in the transaction that causes it. Never commits, never sends.

Texts are files `zone/<feature>/<leaf>/mail/<name>.<language>.txt`: the subject, an empty line, the body. A
template is named `<feature>/<name>`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion
from zone.core.i18n import LANGUAGES
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.core.text import clean_text

PACKAGE: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Text:
    """A template in one language."""

    subject: Template
    body: Template


@cache
def text_of(template: str, language: str) -> Text:
    """The text of `<room>/<name>` in a language of the service; anything else reads as English.

    Raises:
        FileNotFoundError: there is no such template.
    """
    room, name = template.split("/")
    chosen = language if language in LANGUAGES else "en"
    subject, _, body = _file_of(room, name, chosen).read_text("utf-8").partition("\n\n")
    return Text(Template(subject), Template(body))


def _file_of(feature: str, name: str, language: str) -> Path:
    """The file of a mail text, in whichever leaf folder of the feature it lies."""
    found = next((PACKAGE / feature).glob(f"**/mail/{name}.{language}.txt"), None)
    if found is None:
        raise FileNotFoundError(f"no mail text {feature}/{name} in {language}")
    return found


def post(
    session: Session,
    *,
    to: str,
    template: str,
    language: str,
    params: dict[str, Any],
    now: datetime,
    dedupe: str | None = None,
    not_after: datetime | None = None,
) -> bool:
    """Write a mail into the outbox, in the transaction that causes it; False where its `dedupe` was there already.

    Its text is fixed here. A second mail with the same `dedupe` is not written. After `not_after` it is of no use
    any more and is not sent.

    Raises:
        KeyError: the template names a parameter that is not in `params`.
    """
    text = text_of(template, language)
    row = {
        "public_id": new_public_id(),
        "recipient": to,
        "template": template,
        "language": language if language in LANGUAGES else "en",
        "subject": clean_text(text.subject.substitute(params)),
        "body": text.body.substitute(params),
        "dedupe": dedupe,
        "created_at": now,
        "not_after": not_after,
        "due_at": now,
    }
    made = (
        insertion(session, OutboxMail).values(row).on_conflict_do_nothing(index_elements=["dedupe"])
    )
    return session.scalar(made.returning(OutboxMail.id)) is not None


def send_again(session: Session, public_id: UUID, now: datetime) -> OutboxMail | None:
    """Let a mail that waits or was refused go with the next delivery; None where there is none, or no text of it."""
    return session.scalar(
        update(OutboxMail)
        .where(
            OutboxMail.public_id == public_id,
            OutboxMail.state.in_(("waiting", "refused")),
            OutboxMail.body != "",
        )
        .values(state="waiting", due_at=now, attempts=0, done_at=None)
        .returning(OutboxMail)
    )


def delete_done(session: Session, before: datetime) -> int:
    """Delete mails that were done with before an instant; answers how many."""
    gone = session.scalars(
        delete(OutboxMail)
        .where(OutboxMail.state != "waiting", OutboxMail.done_at < before)
        .returning(OutboxMail.id)
    )
    return len(gone.all())
