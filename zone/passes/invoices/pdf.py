"""An invoice as a PDF in its payer's language, from values alone."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.formats import NO_BREAK, format_cents, format_date, format_number
from zone.core.i18n import translatable, translate
from zone.core.mail.attachments import MailFile, declare_attachment
from zone.core.money import percent_of
from zone.core.time import helsinki_date
from zone.passes.invoices.bank_references import grouped_iban, grouped_reference
from zone.passes.invoices.queries import InvoiceView, invoice_by_number, invoice_view
from zone.passes.invoices.rules import text_of_quantity
from zone.passes.invoices.service import PDF_OF
from zone.passes.receipts.pdf import is_available, pdf_of
from zone.passes.receipts.service import NO_VAT

_TITLES: Final = {
    "invoice": translatable("Invoice %(number)s"),
    "credit": translatable("Credit note %(number)s"),
}
_DATE: Final = translatable("Date")
_DUE: Final = translatable("Due date")
_CREDITS: Final = translatable("Credits invoice")
_REFERENCE: Final = translatable("Reference")
_CREDITOR_REFERENCE: Final = translatable("Reference from abroad")
_ACCOUNT: Final = translatable("Account")
_YOUR_REFERENCE: Final = translatable("Your reference")
_BUSINESS_ID: Final = translatable("Business ID")
_VAT_ID: Final = translatable("VAT number")
_WHAT: Final = translatable("What")
_SUPPLIED: Final = translatable("Supplied")
_QUANTITY: Final = translatable("Quantity")
_UNIT: Final = translatable("Price without VAT")
_RATE: Final = translatable("VAT %%")
_NET: Final = translatable("Without VAT")
_TAX: Final = translatable("VAT")
_TOTAL: Final = translatable("Total")
_TO_PAY: Final = translatable("To be paid")
_BAR_CODE: Final = translatable("Bank bar code")
_STYLE: Final = Markup(
    "@page{size:A4;margin:18mm}"
    "body{font:10pt/1.4 'DejaVu Sans',sans-serif;color:#10241d}"
    "h1{font-size:18pt;margin:0 0 6mm}p{margin:0 0 5mm}"
    "table{width:100%;border-collapse:collapse;margin:0 0 6mm}"
    "th,td{padding:1.5mm 0 1.5mm 3mm;border-bottom:.2mm solid #bbb;text-align:right;"
    "overflow-wrap:anywhere}"
    "th:first-child{text-align:left;font-weight:normal;padding-left:0}thead th{font-weight:bold}"
    ".parties{display:flex;gap:12mm}.parties p{width:50%}"
    ".pay{border:.4mm solid #10241d;padding:4mm}.pay table{margin:0}"
    ".code{font-family:'DejaVu Sans Mono',monospace;font-size:9pt}"
)


def _mail_file(session: Session, number: str, language: str) -> MailFile | None:
    invoice = invoice_by_number(session, number)
    if invoice is None or not is_available():
        return None
    view = invoice_view(session, invoice, helsinki_date(utc_now()))
    return MailFile(f"{number}.pdf", "application/pdf", invoice_pdf(view))


declare_attachment(PDF_OF, _mail_file)


def invoice_pdf(invoice: InvoiceView) -> bytes:
    """Return an invoice as PDF/UA-1 in its payer's language. Call it where `is_available`."""
    return pdf_of(invoice_html(invoice))


def invoice_html(invoice: InvoiceView) -> Markup:
    """Return the document that becomes the PDF; every value in it is escaped."""
    language = invoice.payer.language
    title = translate(_TITLES[invoice.kind], language) % {"number": invoice.number}
    return Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
        '<meta name="author" content="{}"><style>{}</style></head><body><h1>{}</h1>{}</body></html>'
    ).format(
        language,
        title,
        invoice.seller.name,
        _STYLE,
        title,
        Markup().join(_parts(invoice, language)),
    )


def _parts(invoice: InvoiceView, language: str) -> Iterator[Markup]:
    yield _parties(invoice, language)
    about = [
        (_DATE, format_date(invoice.issued_on, language)),
        *([(_CREDITS, invoice.credits)] if invoice.credits else []),
        *([(_YOUR_REFERENCE, invoice.buyer_reference)] if invoice.buyer_reference else []),
    ]
    yield _pairs(about, language)
    yield _lines(invoice, language)
    if invoice.seller.charges_vat:
        yield _rates(invoice, language)
    else:
        yield Markup("<p>{}</p>").format(translate(NO_VAT, language))
    yield _payment(invoice, language)


def _parties(invoice: InvoiceView, language: str) -> Markup:
    texts = []
    for one in (invoice.seller, invoice.payer):
        lines = [
            one.name,
            one.street,
            f"{one.post_code} {one.town}",
            "" if one.country == "FI" else one.country,
            f"{translate(_BUSINESS_ID, language)} {one.business_id}",
            f"{translate(_VAT_ID, language)} {one.vat_id}" if one.vat_id else "",
        ]
        texts.append(Markup("<p>{}</p>").format(Markup("<br>").join(filter(None, lines))))
    return Markup('<div class="parties">{}</div>').format(Markup().join(texts))


def _pairs(rows: list[tuple[str, str]], language: str) -> Markup:
    row = Markup('<tr><th scope="row">{}</th><td>{}</td></tr>')
    body = [row.format(translate(name, language), value) for name, value in rows]
    return Markup("<table>{}</table>").format(Markup().join(body))


def _lines(invoice: InvoiceView, language: str) -> Markup:
    heads = (_WHAT, _SUPPLIED, _QUANTITY, _UNIT, _RATE, _NET)
    rows = [
        (
            line.text,
            format_date(line.supplied_on, language),
            text_of_quantity(line.quantity),
            format_cents(line.unit_cents),
            format_number(percent_of(line.vat_bp), language, digits=2),
            format_cents(line.net_cents),
        )
        for line in invoice.lines
    ]
    return _table(heads, rows, language)


def _rates(invoice: InvoiceView, language: str) -> Markup:
    rows = [
        (
            f"{format_number(one.percent, language, digits=2)}{NO_BREAK}%",
            *(format_cents(cents) for cents in (one.net, one.tax, one.gross)),
        )
        for one in invoice.rates
    ]
    return _table((_RATE, _NET, _TAX, _TOTAL), rows, language)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], language: str) -> Markup:
    head = Markup().join(
        Markup('<th scope="col">{}</th>').format(translate(one, language).replace("%%", "%"))
        for one in heads
    )
    body = Markup().join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            first, Markup().join(Markup("<td>{}</td>").format(cell) for cell in rest)
        )
        for first, *rest in rows
    )
    return Markup("<table><thead><tr>{}</tr></thead>{}</table>").format(head, body)


def _payment(invoice: InvoiceView, language: str) -> Markup:
    if invoice.kind == "credit":
        return _pairs([(_TOTAL, format_cents(invoice.cents))], language)
    seller = invoice.seller
    table = _pairs(
        [
            (_TO_PAY, format_cents(invoice.cents)),
            (_DUE, format_date(invoice.due_on, language)),
            (_ACCOUNT, f"{grouped_iban(seller.iban)} {seller.bic}"),
            (_REFERENCE, grouped_reference(invoice.reference)),
            (_CREDITOR_REFERENCE, invoice.creditor_reference),
        ],
        language,
    )
    code = Markup()
    if invoice.bar_code:
        words = translate(_BAR_CODE, language)
        code = Markup('<p class="code">{}<br>{}</p>').format(words, invoice.bar_code)
    return Markup('<div class="pay">{}{}</div>').format(table, code)
