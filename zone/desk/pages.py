"""Pages of the desk: the live doors, the search, and a person with everything that can be done for them.

Plain forms; a small script only keeps the live doors fresh. What is searched for travels in the body of a request, so
that no address, and so no log, ever holds a name.
"""

import uuid
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.access.check_in import doors_to_choose
from zone.access.doors import open_once
from zone.core.clock import utc_now
from zone.core.errors import DomainError
from zone.core.ids import new_secret
from zone.db import reading, writing
from zone.desk import feed, service
from zone.desk.api import STAFF, nobody, searched
from zone.desk.schemas import OpenOnceSchema
from zone.http import idempotency
from zone.http.auth import current_actor, require
from zone.http.problems import INVALID, language, sentences

pages: Final = Blueprint("desk_pages", __name__, template_folder="templates")


@pages.get("/desk")
@require(*STAFF)
def show_desk() -> str:
    """The search, the live doors, and opening a door once."""
    return _desk()


@pages.get("/desk/live")
@require(*STAFF)
def show_live() -> str:
    """The part of the desk that changes by itself, for the script that keeps it fresh."""
    with reading() as session:
        return render_template("desk/live.html", live=feed.live(session, language(), utc_now()))


def _desk(refusal: DomainError | None = None) -> str:
    with reading() as session:
        live = feed.live(session, language(), utc_now())
        doors = doors_to_choose(session)
    return render_template(
        "desk/desk.html", live=live, doors=doors, words="", refusal=sentences(refusal), wrong=wrong_fields(refusal),
        done=request.args.get("done"), deed="open" if refusal else None, key=new_secret(),
    )  # fmt: skip


@pages.post("/desk/people")
@require(*STAFF)
def search_people() -> Response:
    """Those whom the words may mean; who looked for what is on record."""
    words = request.form.get("words", "")[:254]
    try:
        people = searched(words)
    except DomainError as refusal:
        page = render_template("desk/found.html", words=words, people=[], hint=None, refusal=sentences(refusal))
        response = make_response(page, refusal.status)
        if "retry_after" in refusal.extra:
            response.headers["Retry-After"] = str(refusal.extra["retry_after"])
        return response
    hint = None if people else nobody()
    return make_response(render_template("desk/found.html", words=words, people=people, hint=hint, refusal=None))


@pages.post("/desk/open")
@require(*STAFF)
def open_door() -> Response:
    """Open a door once, with a reason that stays on record; a second tap of the same form opens it no second time."""
    try:
        given = read(OpenOnceSchema())
        idempotency.submit_once(given, lambda session: _open(session, given))
    except DomainError as refusal:
        return make_response(_desk(refusal), refusal.status)
    return redirect("/desk?done=opened", 303)


def _open(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    order = open_once(session, given["door"], actor_id=current_actor().id, reason=given["reason"], now=utc_now())
    return {"order": str(order.id)}


@pages.post("/desk/denials/<uuid:entry>")
@require(*STAFF)
def handle(entry: uuid.UUID) -> Response:
    """Say that a refusal was dealt with."""
    with writing() as session:
        service.handle(session, entry, actor_id=current_actor().id, now=utc_now())
    return redirect("/desk", 303)


def wrong_fields(refusal: DomainError | None) -> dict[str, Any]:
    """The fields that a refusal marks."""
    fields: dict[str, Any] = refusal.extra.get("fields", {}) if refusal else {}
    return fields


def read(schema: Schema) -> dict[str, Any]:
    """The form of this request; what was left empty is not there.

    Raises:
        DomainError: invalid_input, with the fields.
    """
    typed = {name: value for name in schema.fields if (value := request.form.get(name, "").strip())}
    try:
        given: dict[str, Any] = schema.load(typed)
    except ValidationError as error:
        raise DomainError(INVALID, fields=error.messages) from error
    return given
