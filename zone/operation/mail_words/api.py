"""JSON API of the words of mails."""

from typing import Any, Final

from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.i18n import translate
from zone.core.identity import Permission
from zone.core.mail.kinds import KINDS
from zone.core.mail_words import queries, service
from zone.core.mail_words.errors import MAIL_WORDS_UNFIT
from zone.core.mail_words.rules import clean_words
from zone.core.service_profile.queries import service_mark
from zone.operation.mail_words import schemas, views
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.refusals import refuses

api: Final = Blueprint("operation_mail_words", __name__, tag="service")


@api.get("/mail-words")
@api.response(200, schemas.MailWordsListSchema)
@may(Permission.SERVICE_WRITE)
def list_mail_words() -> dict[str, Any]:
    """Every mail that the service sends, and whether its words were changed."""
    with reading() as session:
        changed = queries.changed_templates(session)
        unfit = {template for template, _ in queries.unfit_words(session)}
    rows = [
        {
            "template": template,
            "sent": translate(kind.sent, language()),
            "changed_at": changed.get(template),
            "fits": template not in unfit,
        }
        for template, kind in KINDS.items()
    ]
    return {"mails": rows}


@api.get("/mail-words/<feature>/<name>")
@api.response(200, schemas.MailWordsSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND)
def show_mail_words(feature: str, name: str) -> dict[str, Any]:
    """The words of a mail, what they may name, and their versions."""
    with reading() as session:
        return _shown(session, _template(feature, name))


@api.put("/mail-words/<feature>/<name>")
@api.arguments(schemas.ChangedWordsSchema)
@api.response(200, schemas.MailWordsSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, MAIL_WORDS_UNFIT)
def change_mail_words(data: dict[str, Any], feature: str, name: str) -> dict[str, Any]:
    """Change the words of a mail; mails that wait already keep theirs."""
    template = _template(feature, name)
    with writing() as session:
        service.change_words(
            session,
            current_actor(),
            template,
            version=data["version"],
            words=schemas.words_of(data),
            now=utc_now(),
        )
        return _shown(session, template)


@api.put("/mail-words/<feature>/<name>/version")
@api.arguments(schemas.RestoredWordsSchema)
@api.response(200, schemas.MailWordsSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, EDITED_MEANWHILE, MAIL_WORDS_UNFIT)
def restore_mail_words(data: dict[str, Any], feature: str, name: str) -> dict[str, Any]:
    """Use the words of an earlier version again, or the built-in ones."""
    template = _template(feature, name)
    with writing() as session:
        service.restore_words(session, current_actor(), template, **data, now=utc_now())
        return _shown(session, template)


@api.post("/mail-words/<feature>/<name>/preview")
@api.arguments(schemas.ChangedWordsSchema)
@api.response(200, schemas.MailPreviewsSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, MAIL_WORDS_UNFIT)
def preview_mail_words(data: dict[str, Any], feature: str, name: str) -> dict[str, Any]:
    """Show a mail in these words with sample values; nothing is stored."""
    template = _template(feature, name)
    words = {key: one and clean_words(one) for key, one in schemas.words_of(data).items()}
    service.check_words(template, words)
    with reading() as session:
        mark = service_mark(session)
    return {"previews": views.previews(template, words, mark, current_settings().base_url)}


def _template(feature: str, name: str) -> str:
    template = f"{feature}/{name}"
    if template not in KINDS:
        raise DomainError(NOT_FOUND)
    return template


def _shown(session: Session, template: str) -> dict[str, Any]:
    history, kind = queries.words_history(session, template), KINDS[template]
    newest = next(iter(history), queries.NEVER)
    return {
        "template": template,
        "waits_at_night": kind.night.waits,
        "placeholders": views.placeholder_rows(kind, language()),
        "versions": [
            {
                "version": one.version,
                "changed_at": one.changed_at,
                "own": [key for key, words in one.own.items() if words],
            }
            for one in history
        ],
        **views.words_json(template, newest),
    }
