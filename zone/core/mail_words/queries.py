"""Changed words of mails as stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from zone.core.db.prepared_select import PreparedSelect
from zone.core.invariants import name_broken
from zone.core.mail.kinds import KINDS
from zone.core.mail.templates import Wording, built_in_words
from zone.core.mail_words.models import MailWords
from zone.core.mail_words.rules import Misfit, misfits

_NEWEST: Final = PreparedSelect(  # asked for each mail, while others wait
    select(MailWords.subject, MailWords.title, MailWords.body)
    .where(
        MailWords.template == bindparam("of_template"),
        MailWords.language == bindparam("in_language"),
    )
    .order_by(MailWords.version.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class WordsVersion:
    """The words of a mail from a time on, by language; None: the built-in ones.

    Version 0 is a mail whose words nobody has changed.
    """

    version: int
    changed_at: datetime | None
    own: dict[str, Wording | None]


NEVER: Final = WordsVersion(0, None, {"fi": None, "sv": None, "en": None})


def changed_words(session: Session, template: str, language: str) -> Wording | None:
    """Return the words that a mail is written with; None: the built-in ones.

    Wording that do not fit the mail any more, since an upgrade, are left aside: it is sent as built
    in. `unfit_words` names them.
    """
    rows = _NEWEST.fetch(session.connection(), of_template=template, in_language=language)
    words = _own(rows[0]) if rows else None
    return words if words and not misfits(template, words) else None


def words_in(session: Session, language: str) -> dict[str, Wording]:
    """Return the changed words with which mails are written in a language, by mail."""
    found = {
        row.template: own
        for row in _newest_rows(session)
        if row.language == language and row.template in KINDS and (own := _own(row))
    }
    return {template: own for template, own in found.items() if not misfits(template, own)}


def words_history(session: Session, template: str) -> list[WordsVersion]:
    """Return the versions of a mail's words, the newest first."""
    rows = session.scalars(
        select(MailWords)
        .where(MailWords.template == template)
        .order_by(MailWords.version.desc(), MailWords.language)
    )
    versions: dict[int, WordsVersion] = {}
    for row in rows:
        version = versions.setdefault(row.version, WordsVersion(row.version, row.changed_at, {}))
        version.own[row.language] = _own(row)
    return list(versions.values())


def newest_words(session: Session, template: str) -> WordsVersion:
    """Return the newest version of a mail's words."""
    return next(iter(words_history(session, template)), NEVER)


def shown_words(template: str, version: WordsVersion) -> dict[str, Wording]:
    """Return the words of a version by language, with the built-in ones where there are no own."""
    return {
        language: own or built_in_words(template, language) for language, own in version.own.items()
    }


def changed_templates(session: Session) -> dict[str, datetime]:
    """Return when the words of each mail with own words in some language were changed last."""
    return {row.template: row.changed_at for row in _newest_rows(session) if row.body is not None}


def unfit_words(session: Session) -> dict[tuple[str, str], Sequence[Misfit]]:
    """Return what of the changed words does not fit any more, by mail and language."""
    found = {
        (row.template, row.language): misfits(row.template, own)
        for row in _newest_rows(session)
        if row.template in KINDS and (own := _own(row))
    }
    return {key: unfit for key, unfit in found.items() if unfit}


def count_unfit_words(session: Session, _now: datetime) -> int:
    """Count the mails and languages whose changed words do not fit any more."""
    unfit = unfit_words(session)
    name_broken(session, *(f"mail_words {template} {language}" for template, language in unfit))
    return len(unfit)


def _own(row: Any) -> Wording | None:
    if row.subject is None or row.title is None or row.body is None:
        return None
    return Wording(row.subject, row.title, row.body)


def _newest_rows(session: Session) -> Sequence[MailWords]:
    newest = (
        select(MailWords.template, func.max(MailWords.version).label("version"))
        .group_by(MailWords.template)
        .subquery()
    )
    is_newest = (MailWords.template == newest.c.template) & (MailWords.version == newest.c.version)
    return session.scalars(select(MailWords).join(newest, is_newest)).all()
