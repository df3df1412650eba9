"""A receipt as a PDF: tagged, with title and language, from values alone.

WeasyPrint is the optional extra `pdf`. Without it the page of the receipt is printed instead.
"""

import importlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from threading import Lock
from typing import Any, Final

from markupsafe import Markup
from PIL import ImageFile
from sqlalchemy.orm import Session

from zone.core.formats import NO_BREAK, format_cents, format_date, format_number
from zone.core.i18n import translatable, translate
from zone.core.mail.attachments import MailFile, declare_attachment
from zone.passes.receipts.queries import ReceiptPage, receipt_page
from zone.passes.receipts.service import NO_VAT, PDF_OF

TITLES: Final = {
    "sale": translatable("Receipt %(number)s"),
    "refund": translatable("Refund receipt %(number)s"),
    "credit": translatable("Credit receipt %(number)s"),
}
_BUYER: Final = translatable("Buyer")
_DATE: Final = translatable("Date")
_BUSINESS_ID: Final = translatable("Business ID")
_CREDITS: Final = translatable("Credits receipt")
_TOTAL: Final = translatable("Total")
_RATE: Final = translatable("VAT %%")
_NET: Final = translatable("Without VAT")
_TAX: Final = translatable("VAT")
_NOTHING_SOLD: Final = translatable(
    "A payment that is given back. Nothing was sold for it, so it has no VAT."
)
_STYLE: Final = Markup(
    "@page{size:A5;margin:14mm}"
    "body{font:10pt/1.4 'DejaVu Sans',sans-serif;color:#10241d}"
    "h1{font-size:16pt;margin:0 0 4mm}p{margin:0 0 3mm}"
    "table{width:100%;border-collapse:collapse;margin:0 0 5mm}"
    "th,td{padding:1.5mm 0;border-bottom:.2mm solid #bbb;text-align:right;overflow-wrap:anywhere}"
    "th:first-child{text-align:left;font-weight:normal}thead th{font-weight:bold}"
    ".sum th,.sum td{font-weight:bold;border-top:.5mm solid #10241d}"
)


# Pango's fonts are shared by all documents of a process and are not made for two threads at once.
_one_at_a_time: Final = Lock()


@cache
def is_available() -> bool:
    """Return whether receipts can be had as PDF: the extra `pdf` is installed."""
    if find_spec("weasyprint") is None:
        return False
    try:
        _library()
    except OSError:  # the package is there, and Pango of the system is not
        return False
    return True


@cache
def _library() -> Any:
    # When the first PDF is asked for: the import takes half a second, and few processes need it.
    library = importlib.import_module("weasyprint")
    # It lets Pillow read half a picture, in the whole process: a broken logo would be accepted.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return library


@cache
def _fonts() -> Any:
    # One for the process: each further one leaves 230 KB behind in Pango (700 MB in 3,000 mails).
    return importlib.import_module("weasyprint.text.fonts").FontConfiguration()


def receipt_pdf(page: ReceiptPage, language: str) -> bytes:
    """Return a receipt as PDF/UA-1 in a language. Call it where `is_available`."""
    return pdf_of(receipt_html(page, language))


def pdf_of(html: Markup) -> bytes:
    """Return an HTML document as PDF/UA-1. Call it where `is_available`."""
    library = _library()
    # No scheme is allowed: nothing is fetched, neither from the network nor from a disk, whatever
    # a name contains.
    fetcher = library.urls.URLFetcher(allowed_protocols=frozenset())
    document = library.HTML(string=str(html), url_fetcher=fetcher)
    with _one_at_a_time:
        content: bytes = document.write_pdf(pdf_variant="pdf/ua-1", font_config=_fonts())
    return content


def _mail_file(session: Session, number: str, language: str) -> MailFile | None:
    if not is_available():
        return None
    page = receipt_page(session, number, member_id=None)
    return MailFile(f"{number}.pdf", "application/pdf", receipt_pdf(page, language))


declare_attachment(PDF_OF, _mail_file)


def receipt_html(page: ReceiptPage, language: str) -> Markup:
    """Return the document that becomes the PDF; every value in it is escaped."""
    title = translate(TITLES[page.receipt.kind], language) % {"number": page.receipt.number}
    return Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
        '<meta name="author" content="{}"><style>{}</style></head><body><h1>{}</h1>{}</body></html>'
    ).format(
        language, title, page.seller.name, _STYLE, title, Markup().join(_parts(page, language))
    )


def _parts(page: ReceiptPage, language: str) -> Iterator[Markup]:
    yield _seller(page, language)
    about = [
        (_DATE, format_date(page.receipt.issued_at, language)),
        (_BUYER, page.buyer.name),
        *([(_CREDITS, page.credits)] if page.credits else []),
    ]
    yield _table([(translate(name, language), value) for name, value in about])
    lines = [
        (
            line.product.get(language, line.product["en"]),
            "" if page.receipt.kind == "credit" else format_cents(line.cents),
        )
        for line in page.lines
    ]
    total = (translate(_TOTAL, language), format_cents(page.receipt.cents))
    yield _table(lines, total)
    if page.receipt.kind == "credit":
        yield _paragraph(page.reason.get(language, ""))
        yield _paragraph(translate(_NOTHING_SOLD, language))
    elif not page.seller.charges_vat:
        yield _paragraph(translate(NO_VAT, language))
    else:
        yield _taxes(page, language)


def _seller(page: ReceiptPage, language: str) -> Markup:
    seller = page.seller
    number = f"{translate(_BUSINESS_ID, language)} {seller.business_id}"
    lines = [seller.name, seller.address, number if seller.business_id else ""]
    return Markup("<p>{}</p>").format(Markup("<br>").join(filter(None, lines)))


def _paragraph(words: str) -> Markup:
    return Markup("<p>{}</p>").format(words)


def _table(rows: list[tuple[str, str]], total: tuple[str, str] | None = None) -> Markup:
    row = Markup('<tr{}><th scope="row">{}</th><td>{}</td></tr>')
    body = [row.format("", *cells) for cells in rows]
    if total:
        body.append(row.format(Markup(' class="sum"'), *total))
    return Markup("<table>{}</table>").format(Markup().join(body))


def _taxes(page: ReceiptPage, language: str) -> Markup:
    head = [translate(words, language) for words in (_RATE, _NET, _TAX, _TOTAL)]
    head[0] = head[0].replace("%%", "%")
    rows = [
        (
            f"{format_number(one.percent, language, digits=2)}{NO_BREAK}%",
            *(format_cents(cents) for cents in (one.net, one.tax, one.gross)),
        )
        for one in page.vat
    ]
    return Markup("<table><thead><tr>{}</tr></thead>{}</table>").format(
        Markup().join(Markup('<th scope="col">{}</th>').format(words) for words in head),
        Markup().join(
            Markup("<tr>{}</tr>").format(
                Markup('<th scope="row">{}</th>').format(first)
                + Markup().join(Markup("<td>{}</td>").format(cell) for cell in rest)
            )
            for first, *rest in rows
        ),
    )
