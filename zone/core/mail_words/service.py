"""Change the words of mails, audited. Never commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import NOT_FOUND, DomainError, edited_meanwhile
from zone.core.i18n import LANGUAGES, translatable
from zone.core.identity import Actor, Permission
from zone.core.mail.kinds import KINDS
from zone.core.mail.templates import Wording
from zone.core.mail_words.errors import MAIL_WORDS_UNFIT
from zone.core.mail_words.models import MailWords
from zone.core.mail_words.queries import NEVER, WordsVersion, newest_words, words_history
from zone.core.mail_words.rules import clean_words, misfits, own_words

LANGUAGE_NAMES: Final = {
    "fi": translatable("the Finnish words"),
    "sv": translatable("the Swedish words"),
    "en": translatable("the English words"),
}
"""What a refusal says of the words in each language."""


def change_words(
    session: Session,
    actor: Actor,
    template: str,
    *,
    version: int,
    words: Mapping[str, Wording | None],
    now: datetime,
) -> WordsVersion:
    """Change the words of a mail in all languages; `version` is the one that the editor read.

    None are the built-in words, which are not stored, so that an upgrade may mend them. No change
    writes nothing.

    Raises:
        DomainError: forbidden; not_found: there is no such mail; edited_meanwhile, with what
            differs; mail_words_unfit, with `misfits`.
    """
    actor.require(Permission.SERVICE_WRITE)
    if template not in KINDS:
        raise DomainError(NOT_FOUND)
    wanted = {language: one and clean_words(one) for language, one in words.items()}
    check_words(template, wanted)
    return _store(session, actor, template, version, own_words(template, wanted), now)


def restore_words(
    session: Session,
    actor: Actor,
    template: str,
    *,
    version: int,
    restored: int,
    now: datetime,
) -> WordsVersion:
    """Use the words of an earlier version again, or the built-in ones (0), as a new version.

    Raises:
        DomainError: forbidden; not_found: there is no such mail or version; edited_meanwhile;
            mail_words_unfit: a mail of an earlier release had another placeholder.
    """
    actor.require(Permission.SERVICE_WRITE)
    if template not in KINDS:
        raise DomainError(NOT_FOUND)
    versions = {one.version: one for one in (*words_history(session, template), NEVER)}
    if restored not in versions:
        raise DomainError(NOT_FOUND)
    own = versions[restored].own
    check_words(template, own)
    return _store(session, actor, template, version, own, now)


def check_words(template: str, words: Mapping[str, Wording | None]) -> None:
    """Check that clean words fit a mail.

    Raises:
        DomainError: mail_words_unfit, with `misfits`.
    """
    found = [
        {"language": language, "part": one.part, "problem": one.problem, "placeholder": one.name}
        for language, of_language in words.items()
        for one in (misfits(template, of_language) if of_language else ())
    ]
    if found:
        raise DomainError(MAIL_WORDS_UNFIT, misfits=found)


def _store(
    session: Session,
    actor: Actor,
    template: str,
    version: int,
    own: Mapping[str, Wording | None],
    now: datetime,
) -> WordsVersion:
    stored = newest_words(session, template)
    changed = [language for language in LANGUAGES if own[language] != stored.own[language]]
    if not changed:  # also of an older version: what was asked for holds already
        return stored
    rows = [_row(template, language, version + 1, own[language], now) for language in LANGUAGES]
    # The unique key decides between two who save at once.
    if version != stored.version or not insert_new(session, MailWords, rows, MailWords.id):
        raise edited_meanwhile(newest_words(session, template).version, changed, LANGUAGE_NAMES)
    record_action(
        session,
        actor_id=actor.id,
        action="mail_words.change",
        object_kind="mail_words",
        object_id=template,
        before={"version": version},
        after={
            "version": version + 1,
            "changed": changed,
            "own": [language for language in LANGUAGES if own[language]],
        },
        now=now,
    )
    return newest_words(session, template)


def _row(
    template: str, language: str, version: int, words: Wording | None, now: datetime
) -> dict[str, object]:
    return {
        "template": template,
        "language": language,
        "version": version,
        "subject": words and words.subject,
        "title": words and words.title,
        "body": words and words.body,
        "changed_at": now,
    }
