"""An invoice as a file of Finvoice 3.0, from values alone.

Source: Finance Finland, "Finvoice 3.0 implementation guidelines" and its schema. The order of the
elements is the schema's; amounts have a decimal comma, dates are CCYYMMDD.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # writes only

from zone.core.i18n import translate
from zone.passes.invoices.queries import InvoiceLineView, InvoiceView
from zone.passes.invoices.rules import InvoiceRate, text_of_quantity
from zone.passes.receipts.service import NO_VAT

_TYPES: Final = {
    "invoice": ("INV01", "380", "INVOICE"),
    "credit": ("INV02", "381", "CREDIT NOTE"),
}
_EURO: Final = {"AmountCurrencyIdentifier": "EUR"}
_LONGEST_PAYEE: Final = 35
_LONGEST_NAME: Final = 70


def finvoice(invoice: InvoiceView, issued_at: datetime) -> bytes:
    """Return the Finvoice 3.0 file of an invoice or credit note, in UTF-8."""
    root = Element("Finvoice", Version="3.0")
    _transmission(root, invoice, issued_at)
    _seller(root, invoice)
    _buyer(root, invoice)
    _details(root, invoice)
    if invoice.bar_code:
        _add(root, "VirtualBankBarcode", invoice.bar_code)
    for position, line in enumerate(invoice.lines, start=1):
        _row(root, invoice, position, line)
    _epi(root, invoice)
    indent(root)
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _inert(text)


def _inert(text: str) -> str:
    # XML 1.0 has no control characters, and ElementTree would write them; it escapes the rest.
    return "".join(
        one
        for one in text
        if one in "\t\n\r"
        or "\x20" <= one <= "\ud7ff"
        or "\ue000" <= one <= "\ufffd"
        or one > "\uffff"
    )


def _amount(parent: Element, name: str, cents: int) -> None:
    _add(parent, name, _euros(cents), **_EURO)


def _euros(cents: int) -> str:
    sign, whole, part = "-" if cents < 0 else "", *divmod(abs(cents), 100)
    return f"{sign}{whole},{part:02d}"


def _date(parent: Element, name: str, day: date) -> None:
    _add(parent, name, f"{day:%Y%m%d}", Format="CCYYMMDD")


def _percent(value: Decimal) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",")


def _transmission(root: Element, invoice: InvoiceView, issued_at: datetime) -> None:
    seller, payer = invoice.seller, invoice.payer
    if not (seller.einvoice_address and payer.einvoice_address):
        return  # handed to an operator by hand, who knows the addresses
    details = SubElement(root, "MessageTransmissionDetails")
    sender = SubElement(details, "MessageSenderDetails")
    _add(sender, "FromIdentifier", seller.einvoice_address)
    _add(sender, "FromIntermediator", seller.einvoice_operator)
    receiver = SubElement(details, "MessageReceiverDetails")
    _add(receiver, "ToIdentifier", payer.einvoice_address)
    _add(receiver, "ToIntermediator", payer.einvoice_operator)
    message = SubElement(details, "MessageDetails")
    _add(message, "MessageIdentifier", str(invoice.id))
    _add(message, "MessageTimeStamp", f"{issued_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _add(message, "SpecificationIdentifier", "EN16931")


def _party(root: Element, role: str, name: str, business_id: str, vat_id: str) -> Element:
    party = SubElement(root, f"{role}PartyDetails")
    _add(party, f"{role}PartyIdentifier", business_id)
    _add(party, f"{role}OrganisationName", name[:_LONGEST_NAME])
    if vat_id:
        _add(party, f"{role}OrganisationTaxCode", vat_id)
    return party


def _address(
    party: Element, role: str, street: str, town: str, post_code: str, country: str
) -> None:
    address = SubElement(party, f"{role}PostalAddressDetails")
    _add(address, f"{role}StreetName", street)
    _add(address, f"{role}TownName", town)
    _add(address, f"{role}PostCodeIdentifier", post_code)
    _add(address, "CountryCode", country)


def _seller(root: Element, invoice: InvoiceView) -> None:
    seller = invoice.seller
    party = _party(root, "Seller", seller.name, seller.business_id, seller.vat_id)
    _address(party, "Seller", seller.street, seller.town, seller.post_code, seller.country)
    if seller.einvoice_address:
        _add(root, "SellerOrganisationUnitNumber", seller.einvoice_address)
    information = SubElement(root, "SellerInformationDetails")
    account = SubElement(information, "SellerAccountDetails")
    _add(account, "SellerAccountID", seller.iban, IdentificationSchemeName="IBAN")
    _add(account, "SellerBic", seller.bic, IdentificationSchemeName="BIC")


def _buyer(root: Element, invoice: InvoiceView) -> None:
    payer = invoice.payer
    party = _party(root, "Buyer", payer.name, payer.business_id, payer.vat_id)
    _address(party, "Buyer", payer.street, payer.town, payer.post_code, payer.country)
    if payer.einvoice_address:
        _add(root, "BuyerOrganisationUnitNumber", payer.einvoice_address)


def _details(root: Element, invoice: InvoiceView) -> None:
    details = SubElement(root, "InvoiceDetails")
    code, code_un, text = _TYPES[invoice.kind]
    _add(details, "InvoiceTypeCode", code)
    _add(details, "InvoiceTypeCodeUN", code_un)
    _add(details, "InvoiceTypeText", text)
    _add(details, "OriginCode", "Original")
    _add(details, "InvoiceNumber", invoice.number)
    _date(details, "InvoiceDate", invoice.issued_on)
    if invoice.credits:
        _add(details, "OriginalInvoiceNumber", invoice.credits)
    days = [line.supplied_on for line in invoice.lines]
    _date(details, "InvoicingPeriodStartDate", min(days))
    _date(details, "InvoicingPeriodEndDate", max(days))
    if invoice.buyer_reference:
        _add(details, "BuyerReferenceIdentifier", invoice.buyer_reference)
    _amount(details, "RowsTotalVatExcludedAmount", invoice.net_cents)
    _amount(details, "InvoiceTotalVatExcludedAmount", invoice.net_cents)
    _amount(details, "InvoiceTotalVatAmount", invoice.tax_cents)
    _amount(details, "InvoiceTotalVatIncludedAmount", invoice.cents)
    for rate in invoice.rates:
        _rate(details, invoice, rate)
    terms = SubElement(details, "PaymentTermsDetails")
    _date(terms, "InvoiceDueDate", invoice.due_on)


def _rate(details: Element, invoice: InvoiceView, rate: InvoiceRate) -> None:
    specification = SubElement(details, "VatSpecificationDetails")
    _amount(specification, "VatBaseAmount", rate.net)
    if invoice.seller.charges_vat:
        _add(specification, "VatRatePercent", _percent(rate.percent))
    _add(specification, "VatCode", _vat_code(invoice, rate.vat_bp))
    _amount(specification, "VatRateAmount", rate.tax)
    if not invoice.seller.charges_vat:
        _add(specification, "VatFreeText", translate(NO_VAT, invoice.payer.language))


def _vat_code(invoice: InvoiceView, vat_bp: int) -> str:
    # UN/EDIFACT 5305: S standard, Z zero rate, O outside the scope of VAT.
    if not invoice.seller.charges_vat:
        return "O"
    return "S" if vat_bp else "Z"


def _row(root: Element, invoice: InvoiceView, position: int, line: InvoiceLineView) -> None:
    row = SubElement(root, "InvoiceRow")
    _add(row, "ArticleName", line.text)
    unit = {"QuantityUnitCode": "kpl", "QuantityUnitCodeUN": "C62"}
    _add(row, "InvoicedQuantity", text_of_quantity(line.quantity), **unit)
    price = {"UnitPriceUnitCode": "kpl", "QuantityUnitCodeUN": "C62"}
    _add(row, "UnitPriceAmount", _euros(line.unit_cents), **_EURO, **price)
    _add(row, "RowPositionIdentifier", str(position))
    if invoice.seller.charges_vat:
        _add(row, "RowVatRatePercent", _percent(Decimal(line.vat_bp) / 100))
    _add(row, "RowVatCode", _vat_code(invoice, line.vat_bp))
    _amount(row, "RowVatAmount", line.tax_cents)
    _amount(row, "RowVatExcludedAmount", line.net_cents)
    _amount(row, "RowAmount", line.net_cents + line.tax_cents)


def _epi(root: Element, invoice: InvoiceView) -> None:
    """Add the payment order, from which the payer's bank or system fills in its payment."""
    seller = invoice.seller
    epi = SubElement(root, "EpiDetails")
    identification = SubElement(epi, "EpiIdentificationDetails")
    _date(identification, "EpiDate", invoice.issued_on)
    _add(identification, "EpiReference", invoice.reference)
    parties = SubElement(epi, "EpiPartyDetails")
    bank = SubElement(parties, "EpiBfiPartyDetails")
    _add(bank, "EpiBfiIdentifier", seller.bic, IdentificationSchemeName="BIC")
    payee = SubElement(parties, "EpiBeneficiaryPartyDetails")
    _add(payee, "EpiNameAddressDetails", seller.name[:_LONGEST_PAYEE])
    _add(payee, "EpiAccountID", seller.iban, IdentificationSchemeName="IBAN")
    payment = SubElement(epi, "EpiPaymentInstructionDetails")
    scheme = {"IdentificationSchemeName": "SPY"}
    _add(payment, "EpiRemittanceInfoIdentifier", invoice.reference, **scheme)
    _amount(payment, "EpiInstructedAmount", invoice.cents)
    _add(payment, "EpiCharge", "SHA", ChargeOption="SHA")
    _date(payment, "EpiDateOptionDate", invoice.due_on)
    _add(payment, "EpiPaymentMeansCode", "58")  # UN/EDIFACT 4461: SEPA credit transfer
