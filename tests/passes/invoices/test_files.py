"""The files of an invoice, read by independent readers: Finvoice 3.0 and the PDF."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from tests.passes.receipts.test_pdf import streams
from zone.passes.invoices.finvoice import finvoice
from zone.passes.invoices.pdf import invoice_html, invoice_pdf
from zone.passes.invoices.queries import InvoiceView
from zone.passes.invoices.states import CREDIT, INVOICE
from zone.passes.receipts.pdf import is_available

AT: Final = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
HOSTILE: Final = '<script>&"]]>\x0b\ud800 file:///etc/passwd'

# The order of the elements in the schema of Finvoice 3.0, those that we write; ! is mandatory.
ORDER: Final = {
    "Finvoice": "MessageTransmissionDetails SellerPartyDetails! SellerOrganisationUnitNumber "
    "SellerInformationDetails BuyerPartyDetails! BuyerOrganisationUnitNumber InvoiceDetails! "
    "VirtualBankBarcode InvoiceRow! EpiDetails!",
    "MessageTransmissionDetails": "MessageSenderDetails! MessageReceiverDetails! MessageDetails!",
    "MessageSenderDetails": "FromIdentifier! FromIntermediator!",
    "MessageReceiverDetails": "ToIdentifier! ToIntermediator!",
    "MessageDetails": "MessageIdentifier! MessageTimeStamp! SpecificationIdentifier",
    "SellerPartyDetails": "SellerPartyIdentifier SellerOrganisationName! "
    "SellerOrganisationTaxCode SellerPostalAddressDetails",
    "SellerPostalAddressDetails": "SellerStreetName! SellerTownName! SellerPostCodeIdentifier! "
    "CountryCode",
    "SellerInformationDetails": "SellerAccountDetails",
    "SellerAccountDetails": "SellerAccountID! SellerBic!",
    "BuyerPartyDetails": "BuyerPartyIdentifier BuyerOrganisationName! BuyerOrganisationTaxCode "
    "BuyerPostalAddressDetails",
    "BuyerPostalAddressDetails": "BuyerStreetName! BuyerTownName! BuyerPostCodeIdentifier! "
    "CountryCode",
    "InvoiceDetails": "InvoiceTypeCode! InvoiceTypeCodeUN InvoiceTypeText! OriginCode! "
    "InvoiceNumber! InvoiceDate! OriginalInvoiceNumber InvoicingPeriodStartDate "
    "InvoicingPeriodEndDate BuyerReferenceIdentifier RowsTotalVatExcludedAmount "
    "InvoiceTotalVatExcludedAmount InvoiceTotalVatAmount InvoiceTotalVatIncludedAmount! "
    "VatSpecificationDetails PaymentTermsDetails",
    "VatSpecificationDetails": "VatBaseAmount VatRatePercent VatCode VatRateAmount VatFreeText",
    "PaymentTermsDetails": "InvoiceDueDate",
    "InvoiceRow": "ArticleName InvoicedQuantity UnitPriceAmount RowPositionIdentifier "
    "RowVatRatePercent RowVatCode RowVatAmount RowVatExcludedAmount RowAmount",
    "EpiDetails": "EpiIdentificationDetails! EpiPartyDetails! EpiPaymentInstructionDetails!",
    "EpiIdentificationDetails": "EpiDate! EpiReference!",
    "EpiPartyDetails": "EpiBfiPartyDetails! EpiBeneficiaryPartyDetails!",
    "EpiBfiPartyDetails": "EpiBfiIdentifier",
    "EpiBeneficiaryPartyDetails": "EpiNameAddressDetails EpiAccountID!",
    "EpiPaymentInstructionDetails": "EpiRemittanceInfoIdentifier EpiInstructedAmount! EpiCharge! "
    "EpiDateOptionDate! EpiPaymentMeansCode",
}
REPEATED: Final = {"InvoiceRow", "VatSpecificationDetails"}


def read(invoice: InvoiceView) -> ET.Element:
    return ET.fromstring(finvoice(invoice, AT))  # noqa: S314 -- our own file


def out_of_order(root: ET.Element) -> Iterator[str]:
    """Yield what the schema's order, its mandatory elements and its formats do not allow."""
    for element in root.iter():
        names = [child.tag for child in element]
        if element.tag not in ORDER:
            if names or not (element.text or "").strip():
                yield f"{element.tag} is unknown or empty"
            continue
        allowed = ORDER[element.tag].split()
        order = [name.rstrip("!") for name in allowed]
        places = [order.index(name) if name in order else -1 for name in names]
        if -1 in places or places != sorted(places):
            yield f"{element.tag}: {names}"
        if any(names.count(name) > 1 for name in set(names) - REPEATED):
            yield f"{element.tag} repeats"
        if missing := {name[:-1] for name in allowed if name.endswith("!")} - set(names):
            yield f"{element.tag} lacks {missing}"


def amount(root: ET.Element, path: str) -> Decimal:
    (found,) = root.findall(path)
    assert found.attrib["AmountCurrencyIdentifier"] == "EUR"
    assert found.text is not None
    assert "." not in found.text
    return Decimal(found.text.replace(",", "."))


@pytest.mark.parametrize("invoice", [INVOICE, CREDIT], ids=lambda one: one.kind)
def test_the_finvoice_file_has_what_the_schema_asks_in_its_order(invoice: InvoiceView) -> None:
    root = read(invoice)
    assert (root.tag, root.attrib) == ("Finvoice", {"Version": "3.0"})
    assert list(out_of_order(root)) == []
    for path in ("InvoiceDetails/InvoiceDate", "EpiDetails//EpiDateOptionDate"):
        (day,) = root.findall(path)
        assert day.attrib == {"Format": "CCYYMMDD"}
        assert day.text
        datetime.strptime(day.text, "%Y%m%d").replace(tzinfo=UTC)
    rows = sum(amount(row, "RowAmount") for row in root.findall("InvoiceRow"))
    total = amount(root, "InvoiceDetails/InvoiceTotalVatIncludedAmount")
    taxes = sum(
        amount(one, "VatBaseAmount") + amount(one, "VatRateAmount")
        for one in root.findall("InvoiceDetails/VatSpecificationDetails")
    )
    assert rows == taxes == total == Decimal(invoice.cents) / 100
    assert amount(root, "EpiDetails//EpiInstructedAmount") == total


def test_a_file_that_lacks_or_moves_an_element_is_found() -> None:
    root = read(INVOICE)
    root.remove(root.findall("EpiDetails")[0])
    seller = root.findall("SellerPartyDetails")[0]
    root.remove(seller)
    root.append(seller)
    assert len(list(out_of_order(root))) == 2


def test_a_seller_outside_vat_and_a_payer_without_an_e_invoice_address() -> None:
    outside = dataclasses.replace(INVOICE.seller, charges_vat=False)
    lines = [dataclasses.replace(line, vat_bp=0, tax_cents=0) for line in INVOICE.lines]
    root = read(dataclasses.replace(INVOICE, seller=outside, lines=lines, tax_cents=0))
    assert [one.text for one in root.iter("VatCode")] == ["O"]
    assert not list(root.iter("VatRatePercent"))
    payer = dataclasses.replace(INVOICE.payer, einvoice_address="", einvoice_operator="")
    root = read(dataclasses.replace(INVOICE, payer=payer))
    assert root[0].tag == "SellerPartyDetails"
    assert list(out_of_order(root)) == []


def hostile() -> InvoiceView:
    payer = dataclasses.replace(INVOICE.payer, name=HOSTILE, street=HOSTILE)
    line = dataclasses.replace(INVOICE.lines[0], text=HOSTILE)
    return dataclasses.replace(INVOICE, payer=payer, lines=[line], buyer_reference=HOSTILE)


def test_hostile_text_is_only_text() -> None:
    root = read(hostile())
    assert [one.tag for one in root.iter() if one.tag == "script"] == []
    shown = HOSTILE.replace("\x0b", "").replace("\ud800", "")
    assert root.findall("InvoiceRow/ArticleName")[0].text == shown
    page = str(invoice_html(hostile()))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.skipif(not is_available(), reason="needs the extra pdf")
def test_the_pdf_is_tagged_and_in_the_payers_language() -> None:
    content = invoice_pdf(INVOICE)
    assert content.startswith(b"%PDF")
    opened = streams(content)
    assert b"/Lang" in opened
    assert b"(fi)" in opened
    page = str(invoice_html(INVOICE))
    assert "Lasku L-2026-17" in page
    assert INVOICE.bar_code in page
