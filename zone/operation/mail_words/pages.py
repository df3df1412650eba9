"""The managers' pages of the words of mails: the list, and the editor of one mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES, OWN_NAMES, translate
from zone.core.identity import Permission
from zone.core.mail.kinds import KINDS, MailKind
from zone.core.mail.quiet_hours import QuietHours
from zone.core.mail.templates import built_in_words
from zone.core.mail_words import queries, service
from zone.core.mail_words.errors import MAIL_WORDS_UNFIT
from zone.core.mail_words.queries import WordsVersion
from zone.core.mail_words.rules import LONGEST, Misfit, clean_words
from zone.core.service_profile.queries import quiet_hours, service_mark
from zone.operation.mail_words import schemas, views
from zone.operation.mail_words.views import MailPreview, MailRow
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("operation_mail_words_pages", __name__, template_folder="templates")
PATH: Final = "/manage/mails"


@dataclass(frozen=True, slots=True)
class StoredWords:
    """What the editor of a mail needs from the database. `unfit`: what was left aside."""

    kind: MailKind
    history: Sequence[WordsVersion]
    unfit: Mapping[str, Sequence[Misfit]]
    hours: QuietHours

    @property
    def newest(self) -> WordsVersion:
        """The version that holds."""
        return next(iter(self.history), queries.NEVER)


@pages.get(PATH)
@may(Permission.SERVICE_WRITE)
def mails() -> str:
    """Show every mail that the service sends."""
    reader = language()
    with reading() as session:
        changed = queries.changed_templates(session)
        own = queries.words_in(session, reader)
        unfit = {template for template, _language in queries.unfit_words(session)}
    words = {one: own.get(one) or built_in_words(one, reader) for one in KINDS}
    return mails_page(views.mail_groups(changed, words, unfit, reader))


def mails_page(groups: Sequence[tuple[str, Sequence[MailRow]]]) -> str:
    """Render the list of mails."""
    return render_template("operation/mail_words/mails.html", groups=groups)


@pages.get("/manage/mails/<feature>/<name>")
@may(Permission.SERVICE_WRITE)
def mail_words(feature: str, name: str) -> str:
    """Show the words of a mail in a form, with what they may name and their versions."""
    stored = _stored(_template(feature, name))
    return editor_page(stored, FormState(_values(stored)), done=one_time.done())


@pages.post("/manage/mails/<feature>/<name>")
@may(Permission.SERVICE_WRITE)
@shows_again
def change_mail_words(feature: str, name: str) -> Response:
    """Change the words of a mail, once for the form's key; button `preview`: only show the mail."""
    template = _template(feature, name)

    def work(session: Session, data: Data) -> Data:
        _with_sentences(
            lambda: service.change_words(
                session,
                current_actor(),
                template,
                version=data["version"],
                words=schemas.words_of(data),
                now=utc_now(),
            )
        )
        return {}

    return forms.handle(
        schemas.ChangedWordsSchema(),
        work,
        typed=_typed(),
        page=lambda form: _page(template, form),
        then=lambda _result: f"{PATH}/{template}?done=saved",
        stored=lambda: _values(_stored(template)),
    )


@pages.post("/manage/mails/<feature>/<name>/version")
@may(Permission.SERVICE_WRITE)
def restore_mail_words(feature: str, name: str) -> Response:
    """Use an earlier version of the words again, or the built-in ones; safe to repeat."""
    template = _template(feature, name)
    try:
        data = forms.validate(
            schemas.RestoredWordsSchema(), forms.read(schemas.RestoredWordsSchema())
        )
        with writing() as session:
            service.restore_words(session, current_actor(), template, **data, now=utc_now())
    except DomainError as refusal:
        typed = _values(_stored(template))
        return forms.refused(lambda form: _page(template, form), refusal, typed, key="")
    return redirect(f"{PATH}/{template}?done=saved", 303)


def _template(feature: str, name: str) -> str:
    template = f"{feature}/{name}"
    if template not in KINDS:
        raise DomainError(NOT_FOUND)
    return template


def _typed() -> Data:
    """Return what was typed; the line breaks of a text stay."""
    words = {
        key: {part: request.form.get(f"{key}-{part}", "") for part in LONGEST} for key in LANGUAGES
    }
    return {"version": forms.whole_number(request.form.get("version", "")), **words}


def _with_sentences(change: Any) -> None:
    """Make a change; a refusal of words says at each field what is wrong with it."""
    try:
        change()
    except DomainError as refusal:
        if refusal.reasons[0] is MAIL_WORDS_UNFIT:
            wrong: dict[str, dict[str, list[str]]] = {}
            for one in refusal.extra["misfits"]:
                sentences = wrong.setdefault(one["language"], {}).setdefault(one["part"], [])
                sentences.append(views.misfit_sentence(one, language()))
            refusal.extra["fields"] = wrong
        raise


def _stored(template: str) -> StoredWords:
    with reading() as session:
        unfit = queries.unfit_words(session)
        return StoredWords(
            KINDS[template],
            queries.words_history(session, template),
            {key: found for (name, key), found in unfit.items() if name == template},
            quiet_hours(session),
        )


def _values(stored: StoredWords) -> dict[str, Any]:
    return views.words_json(stored.kind.template, stored.newest)


def _page(template: str, form: FormState) -> str:
    shown: list[MailPreview] = []
    if form.preview is not None:
        with reading() as session:
            mark = service_mark(session)
        words = schemas.words_of(dict(form.values))
        clean = {key: one and clean_words(one) for key, one in words.items()}
        shown = views.previews(template, clean, mark, current_settings().base_url)
    return editor_page(_stored(template), form, shown)


def _labels() -> Labels:
    parts = {"subject": _("Subject"), "title": _("Heading"), "body": _("Text")}
    return {
        f"{key}-{part}": (f"{OWN_NAMES[key]}: {label}", str)
        for key in LANGUAGES
        for part, label in parts.items()
    }


def editor_page(
    stored: StoredWords,
    form: FormState,
    previews: Sequence[MailPreview] = (),
    done: str | None = None,
) -> str:
    """Render the editor of a mail."""
    reader, kind = language(), stored.kind
    labels = {"subject": _("Subject"), "title": _("Heading"), "body": _("Text")}
    unfit = [
        f"{OWN_NAMES[key]}: {views.misfit_sentence(_as_json(one), reader)}"
        for key, found in stored.unfit.items()
        for one in found
    ]
    return render_template(
        "operation/mail_words/mail_words.html",
        template=kind.template,
        sent=translate(kind.sent, reader),
        night=translate(kind.night.why, reader),
        hours=stored.hours if kind.night.waits else None,
        placeholders=views.placeholder_rows(kind, reader),
        labels=labels,
        longest=LONGEST,
        languages=[(key, OWN_NAMES[key], stored.newest.own[key] is not None) for key in LANGUAGES],
        form=form,
        refusals=_refusals(form, reader),
        conflict_fields=differing(_labels(), form.stored, form.values),
        unfit=unfit,
        previews=[(OWN_NAMES[one.language], one) for one in previews],
        version=stored.newest.version,
        versions=_versions(stored.history),
        done=done is not None,
    )


def _as_json(misfit: Misfit) -> dict[str, str]:
    return {"part": misfit.part, "problem": misfit.problem, "placeholder": misfit.name}


def _refusals(form: FormState, reader: str) -> list[str]:
    return [
        f"{OWN_NAMES[one['language']]}: {views.misfit_sentence(one, reader)}"
        for one in form.details.get("misfits", ())
    ] or list(form.messages)


def _versions(history: Sequence[WordsVersion]) -> list[tuple[int, datetime | None, str]]:
    """Return number, time and own languages of each version but the newest, and the built-in."""
    return [
        (
            one.version,
            one.changed_at,
            ", ".join(OWN_NAMES[key] for key in LANGUAGES if one.own[key]),
        )
        for one in history
    ]
