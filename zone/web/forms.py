"""HTML forms: read what was typed, validate it, do the work once, and show the result.

`handle` does all of it for a view: read → validate → work, once for the form's key → redirect.

Fields: a text is read in one line, a `LongText` with its line breaks. `name-fi` is the member `fi`
of the nested field `name`; a list comes from repeated fields; an empty field is not there. What is
no number stays as it was typed, so that the form can show it again beside the error.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, redirect, request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError
from marshmallow import fields as kinds
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.idempotency.service import IDEMPOTENCY_MISMATCH
from zone.core.ids import new_secret
from zone.core.text import clean_lines, clean_text
from zone.web import kept_form
from zone.web.field_errors import note_field_errors
from zone.web.fields import LongText
from zone.web.idempotency_key import submit_once
from zone.web.problems import INVALID_INPUT, refusal_messages

Data = dict[str, Any]
Work = Callable[[Session, Data], Data]
"""The work of a form in its transaction: validated data in, JSON-ready data for `then` out."""

Choices = Callable[[Session], Mapping[str, Iterable[str]]]
"""Reads what may be chosen in fields of a form, by their name."""

PREVIEW: Final = "preview"
"""The name of the button that shows what a form would do."""

CONFIRM: Final = "confirm"
"""The name of the button that says yes to what was asked."""

MAX_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class FormState:
    """What a page needs to show a form: the values in it, its key, and what came of it.

    `errors` maps a field to what is wrong with it; `messages` says why the work was refused;
    `preview` is what the work would do; `stored` is set where somebody else saved meanwhile;
    `details` is what else the refusal carries.
    """

    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    key: str = dataclasses.field(default_factory=new_secret)
    errors: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    messages: tuple[str, ...] = ()
    preview: Any = None
    stored: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def sentences(self, of_fields: Mapping[str, str]) -> list[str]:
        """Return the page's sentence for each wrong field, or why the work was refused."""
        known = [of_fields[name] for name in self.errors if name in of_fields]
        return known or list(self.messages)


def read(schema: Schema) -> Data:
    """Return what was typed into this request's form, in the shape of the schema's JSON."""
    return typed_values(schema, request.form)


def typed_values(schema: Schema, form: MultiDict[str, str], suffix: str = "") -> Data:
    """Return a form's values in the shape of the schema's JSON, without the empty ones."""
    named = {kind.data_key or name: kind for name, kind in schema.load_fields.items()}
    found = {name: _typed_value(kind, form, name + suffix) for name, kind in named.items()}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _typed_value(kind: kinds.Field[Any], form: MultiDict[str, str], name: str) -> Any:
    if isinstance(kind, kinds.Nested):
        return {
            part: _typed_text(of_part, form.get(f"{name}-{part}", ""))
            for part, of_part in kind.schema.load_fields.items()
        }
    if isinstance(kind, kinds.List):
        return form.getlist(name)
    text = _typed_text(kind, form.get(name, ""))
    if isinstance(kind, kinds.Boolean):
        return text in ("1", "on", "true") if name in form else None
    if isinstance(kind, kinds.Integer):
        return whole_number(text)
    return text


def _typed_text(kind: kinds.Field[Any], typed: str) -> str:
    """Return a text in one line; that of a text area with its line breaks."""
    return clean_lines(typed) if isinstance(kind, LongText) else clean_text(typed)


def whole_number(text: str) -> int | str:
    """Return the number that was typed; other text stays, to be refused and shown again."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else text


def validate(schema: Schema, typed: Data) -> Data:
    """Return the typed values as the schema loads them.

    Raises:
        DomainError: invalid_input, with what is wrong in `fields`.
    """
    try:
        data: Data = schema.load(typed)
    except ValidationError as error:
        raise DomainError(INVALID_INPUT, fields=error.messages) from error
    return data


def check_choice(data: Mapping[str, Any], name: str, offered: Iterable[str]) -> None:
    """Refuse a choice that a form does not offer (any more), at its field.

    Raises:
        DomainError: invalid_input. A 404 would lose what was typed.
    """
    if wrong := _unknown_choices(data, {name: offered}):
        raise DomainError(INVALID_INPUT, fields=wrong)


def _unknown_choices(
    data: Mapping[str, Any], offered: Mapping[str, Iterable[str]]
) -> dict[str, list[str]]:
    return {
        name: [_("This value is not possible here.")]
        for name, values in offered.items()
        if data.get(name) not in (None, "") and data[name] not in set(values)
    }


def _checked(schema: Schema, typed: Data, choices: Choices | None) -> Data:
    """Return the typed values as the schema loads them, with all that is wrong in one refusal."""
    wrong: dict[str, Any] = {}
    if choices is not None:
        with reading() as session:
            wrong = _unknown_choices(typed, choices(session))
    try:
        data = validate(schema, typed)
    except DomainError as refusal:
        fields = refusal.extra["fields"]
        raise DomainError(INVALID_INPUT, fields={**wrong, **fields}) from refusal
    if wrong:
        raise DomainError(INVALID_INPUT, fields=wrong)
    return data


def handle(
    schema: Schema,
    work: Work,
    *,
    typed: Data | None = None,
    page: Callable[[FormState], str],
    then: Callable[[Data], str],
    stored: Callable[[], Mapping[str, Any]] | None = None,
    ask: Callable[[Session, Data], Any] | None = None,
    choices: Choices | None = None,
) -> BaseResponse:
    """Read, validate and carry out this request's form, and answer with a redirect or with the form
    again.

    With the field `again` the form is only shown.

    The work is done once for the form's key: a second tap leads to the same place. With the button
    `preview` the work is done, shown on the page and rolled back. `stored` reads the row again
    where somebody else has saved it meanwhile. Objects that do not exist stay a 404. `typed` is
    what was typed, where `read` cannot know the fields. `ask` returns what a person has to see
    before the work is done, or None; it is shown as the preview, and not asked again with the
    button `confirm`. `choices` returns what may be chosen in fields of the form: another choice is
    refused at its field.
    """
    typed = read(schema) if typed is None else typed
    if kept_form.is_shown_again(request):
        return shown_again(page, typed)
    key = request.form.get("key") or new_secret()
    try:
        data = _checked(schema, typed, choices)
        if PREVIEW in request.form:
            return Response(
                page(FormState(typed, key, preview=preview(work, data))), mimetype="text/html"
            )
        if ask and CONFIRM not in request.form:
            with reading() as session:
                question = ask(session, data)
            if question is not None:
                return Response(page(FormState(typed, key, preview=question)), mimetype="text/html")
        result = submit_once(typed, lambda session: work(session, data))
    except DomainError as refusal:
        if refusal.reasons[0] is NOT_FOUND:
            raise
        return refused(page, refusal, typed, key, stored)
    return redirect(then(result), 303)


def shown_again(page: Callable[[FormState], str], typed: Data) -> Response:
    """Show the form with what was typed before its person had to sign in again; do nothing."""
    state = FormState(typed, messages=(kept_form.not_stored_yet(),))
    return Response(page(state), mimetype="text/html")


def preview(work: Work, data: Data) -> Data:
    """Do the work, look at what it did, and roll it back."""
    with writing() as session:
        result = work(session, data)
        session.rollback()
    return result


def refused(
    page: Callable[[FormState], str],
    refusal: DomainError,
    typed: Data,
    key: str,
    stored: Callable[[], Mapping[str, Any]] | None = None,
) -> Response:
    """Show the form again with everything that was typed, and why it was refused."""
    note_field_errors(refusal)
    again = refusal.reasons[0] is IDEMPOTENCY_MISMATCH  # saved, then Back, then saved once more
    conflict = stored() if stored and (again or refusal.code == EDITED_MEANWHILE.code) else None
    if conflict:  # saving again is meant: the person has seen what is stored now
        typed = typed | {"version": conflict["version"]}
    if again:  # with its old key the form would be refused again and again
        key = new_secret()
    errors = refusal.extra.get("fields", {})
    messages = tuple(refusal_messages(refusal))
    if again:
        messages = (_("You have saved this form before. Look at it, and save it again."),)
    elif conflict:  # not with the names of fields that the API uses
        messages = (_("Somebody else has changed this meanwhile. Look at it, and save it again."),)
    state = FormState(typed, key, errors, messages, stored=conflict, details=refusal.extra)
    response = Response(page(state), refusal.status, mimetype="text/html")
    if "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response
