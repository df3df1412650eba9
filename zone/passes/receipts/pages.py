"""Pages of one's receipts."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template

from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.passes.orders.rules import seen_by
from zone.passes.receipts import pdf, queries
from zone.passes.receipts.queries import OwnReceipt, ReceiptPage
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.images import qr_png
from zone.web.language import language
from zone.web.looks import note_look

pages = Blueprint("passes_receipts_pages", __name__, template_folder="templates")


@pages.get("/receipts")
@may(Permission.OWN_ACCOUNT)
def receipts() -> str:
    """List one's receipts, the newest first."""
    with reading() as session:
        return list_page(queries.receipts_of(session, current_actor().id))


def list_page(receipts: Sequence[OwnReceipt]) -> str:
    """Return the page that lists receipts."""
    return render_template("passes/receipts/receipts.html", receipts=receipts)


@pages.get("/receipts/<number>")
@may(Permission.OWN_ACCOUNT)
def receipt(number: str) -> str:
    """Show a receipt to print."""
    page, actor = _receipt(number), current_actor()
    own = page.buyer.id == actor.public_id
    return receipt_page(page, own=own, at_desk=not own and actor.may(Permission.DESK_USE))


def receipt_page(
    page: ReceiptPage, code: str = "", *, own: bool = True, at_desk: bool = False
) -> str:
    """Return the page of one receipt; `code` is the address of its QR code, where another one.

    `own`: the buyer reads it; `at_desk`: somebody at the desk does, for whom it leads back there.
    """
    code = code or f"/receipts/{page.receipt.number}/code.png"
    return render_template(
        "passes/receipts/receipt.html",
        page=page,
        code=code,
        own=own,
        at_desk=at_desk,
        has_pdf=pdf.is_available(),
    )


@pages.get("/receipts/<number>.pdf")
@may(Permission.OWN_ACCOUNT)
def receipt_pdf(number: str) -> Response:
    """Return a receipt as PDF, in the language of the reader."""
    if not pdf.is_available():  # the page is there to be printed
        raise DomainError(NOT_FOUND)
    page = _receipt(number)
    content = pdf.receipt_pdf(page, language())
    name = f'inline; filename="{page.receipt.number}.pdf"'
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": name})


@pages.get("/receipts/<number>/code.png")
@may(Permission.OWN_ACCOUNT)
def receipt_code(number: str) -> Response:
    """Return a QR code of the order's address, by which the desk finds it. It opens no door."""
    order_id = _receipt(number).order_id
    return Response(
        qr_png(f"{current_settings().base_url}/orders/{order_id}", module_pixels=4),
        mimetype="image/png",
    )


def _receipt(number: str) -> ReceiptPage:
    actor = current_actor()
    with reading() as session:
        page = queries.receipt_page(session, number, member_id=seen_by(actor))
    if page.buyer.id != actor.public_id:
        note_look("receipt.view", "member", page.buyer.id, detail={"receipt": number})
    return page
