"""The managers' page on which passes of another system are taken over."""

from typing import Final

from flask import Blueprint, Response, render_template, request

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue.queries import products
from zone.passes.takeover import flows, service
from zone.passes.takeover.errors import TAKEOVER_FILE_KIND, TAKEOVER_FILE_SIZE
from zone.passes.takeover.rules import TakeoverPlan
from zone.passes.takeover.table_file import MOST_BYTES, MOST_ROWS
from zone.passes.takeover.views import example_csv, template_csv
from zone.web import packed_file
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("passes_takeover_pages", __name__, template_folder="templates")
MOST_SHOWN: Final = 200
"""How many faults are listed; where there are more, these are mended first."""


@pages.get("/manage/takeover")
@may(Permission.CATALOGUE_WRITE)
def takeover() -> str:
    """Ask for a file with passes of another system."""
    return takeover_page()


@pages.get("/manage/takeover/template.csv")
@may(Permission.CATALOGUE_WRITE)
def template() -> Response:
    """Give the template of the file."""
    headers = {"Content-Disposition": 'attachment; filename="zone-takeover.csv"'}
    return Response(template_csv(), mimetype="text/csv", headers=headers)


@pages.get("/manage/takeover/example.csv")
@may(Permission.CATALOGUE_WRITE)
def example() -> Response:
    """Give a file of invented passes of the products that a demo sells; only there."""
    if not current_settings().demo:
        raise DomainError(NOT_FOUND)
    with reading() as session:
        sold = [product for product, _prices in products(session)]
    term = next(one.code for one in sold if one.kind == "sports_pass" and one.visits is None)
    visits = next((one.code for one in sold if one.visits is not None), None)
    headers = {"Content-Disposition": 'attachment; filename="zone-takeover-example.csv"'}
    content = example_csv(term, visits, helsinki_date(utc_now()))
    return Response(content, mimetype="text/csv", headers=headers)


@pages.post("/manage/takeover")
@may(Permission.CATALOGUE_WRITE)
def preview() -> str | tuple[str, int]:
    """Show what a file would do, and what is wrong with which line. Nothing is stored."""
    service.require(current_actor())
    sent = request.files.get("content")
    content = b"" if sent is None else sent.read()
    try:
        plan = flows.preview(content, utc_now(), current_actor().id)
        return takeover_page(plan, packed=_pack(content))
    except DomainError as refusal:
        return takeover_page(messages=tuple(refusal_messages(refusal))), refusal.status


@pages.post("/manage/takeover/import")
@may(Permission.CATALOGUE_WRITE)
def take_over() -> str | tuple[str, int]:
    """Take over what the preview showed. Sent twice, it changes nothing the second time."""
    actor = current_actor()
    service.require(actor)
    form = request.form
    try:
        content = _unpack(form.get("packed", ""))
        plan = flows.take_over(
            content,
            actor.id,
            good_only="good_only" in form,
            tell="tell" in form,
            now=utc_now(),
        )
        return takeover_page(plan, done=True)
    except DomainError as refusal:
        return takeover_page(messages=tuple(refusal_messages(refusal))), refusal.status


def takeover_page(
    plan: TakeoverPlan | None = None,
    *,
    packed: str = "",
    done: bool = False,
    messages: tuple[str, ...] = (),
) -> str:
    """Return the page: it asks for a file, shows what one would do, or what it has done."""
    faults = [] if plan is None else plan.faults[:MOST_SHOWN]
    return render_template(
        "passes/takeover/takeover.html",
        plan=plan,
        packed=packed,
        done=done,
        refusals=messages,
        faults=[(fault.line, fault.text(language())) for fault in faults],
        unlisted=0 if plan is None else len(plan.faults) - len(faults),
        most_rows=MOST_ROWS,
        offers_example=current_settings().demo,
    )


def _pack(content: bytes) -> str:
    packed = packed_file.pack(content)
    if packed is None:
        raise DomainError(TAKEOVER_FILE_SIZE, params={"bytes": MOST_BYTES, "rows": MOST_ROWS})
    return packed


def _unpack(packed: str) -> bytes:
    try:
        return packed_file.unpack(packed, MOST_BYTES)
    except packed_file.BrokenFileError as error:
        raise DomainError(TAKEOVER_FILE_KIND) from error
