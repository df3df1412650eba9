"""The texts of a Finvoice file have the lengths and forms of its schema.

The bounds were read off `Finvoice3.0.xsd` of Finance Finland as of 17 December 2020, against which
the files of these invoices are valid. The schema itself names no licence, so it is not kept here.
"""

import re
from dataclasses import replace
from typing import Any, Final

import pytest
from marshmallow import ValidationError

from tests.passes.invoices.test_files import read
from zone.passes.invoices.queries import InvoiceView
from zone.passes.invoices.schemas import SellerAccountSchema
from zone.passes.invoices.states import CREDIT, INVOICE
from zone.passes.payers.schemas import PayerChangeSchema

BOUNDS: Final = {
    (2, 35): "FromIdentifier FromIntermediator ToIdentifier ToIntermediator SellerStreetName "
    "SellerTownName SellerPostCodeIdentifier SellerAccountID BuyerStreetName BuyerTownName "
    "BuyerPostCodeIdentifier EpiNameAddressDetails",
    (0, 35): "SellerPartyIdentifier SellerOrganisationTaxCode SellerOrganisationUnitNumber "
    "BuyerPartyIdentifier BuyerOrganisationTaxCode BuyerOrganisationUnitNumber "
    "RowPositionIdentifier EpiReference",
    (1, 35): "SpecificationIdentifier InvoiceTypeText",
    (2, 48): "MessageIdentifier",
    (2, 70): "SellerOrganisationName BuyerOrganisationName",
    (0, 70): "BuyerReferenceIdentifier VatFreeText",
    (1, 20): "InvoiceNumber OriginalInvoiceNumber",
    (2, 2): "CountryCode",
    (8, 11): "SellerBic EpiBfiIdentifier",
    (0, 100): "ArticleName",
    (0, 14): "InvoicedQuantity",
    (1, 34): "EpiAccountID",
    (0, 512): "VirtualBankBarcode",
}
PATTERNS: Final = {
    r"(REQ|QUO|ORD|ORC|INV|DEV|TES|INF|PRI|DEN|SEI|REC|RES|SDD)[0-9]{2}": "InvoiceTypeCode",
    r"Original|Copy|Cancel": "OriginCode",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "MessageTimeStamp",
    r"[0-9]{2,20}|RF[0-9]{2}[0-9A-Za-z]{1,21}": "EpiRemittanceInfoIdentifier",
    r"-?[0-9]{1,15},[0-9]{2}": "EpiInstructedAmount",
    r"SHA": "EpiCharge",
    r"[0-9]{8}": "InvoiceDate InvoicingPeriodStartDate InvoicingPeriodEndDate InvoiceDueDate "
    "EpiDate EpiDateOptionDate",
    r"-?[0-9]{1,15}(,[0-9]{2,5})?": "RowsTotalVatExcludedAmount InvoiceTotalVatExcludedAmount "
    "InvoiceTotalVatAmount InvoiceTotalVatIncludedAmount VatBaseAmount VatRateAmount "
    "UnitPriceAmount RowVatAmount RowVatExcludedAmount RowAmount",
    r"[1-9]?[0-9]{1,2}(,[0-9]{1,3})?": "VatRatePercent RowVatRatePercent",
    r"[A-Z0-9]*": "InvoiceTypeCodeUN VatCode RowVatCode EpiPaymentMeansCode",
}
LENGTHS: Final = {name: bounds for bounds, names in BOUNDS.items() for name in names.split()}
FORMS: Final = {name: form for form, names in PATTERNS.items() for name in names.split()}


def misfits(invoice: InvoiceView) -> list[str]:
    """Return the elements with a text that the schema refuses, or that is not in the tables."""
    found = []
    for element in read(invoice).iter():
        text = element.text or ""
        if len(element):
            continue
        if element.tag in LENGTHS:
            shortest, longest = LENGTHS[element.tag]
            fits = shortest <= len(text) <= longest
        else:
            fits = re.fullmatch(FORMS.get(element.tag, "unknown"), text) is not None
        if not fits:
            found.append(element.tag)
    return found


@pytest.mark.parametrize("invoice", [INVOICE, CREDIT], ids=lambda one: one.kind)
def test_every_text_has_the_form_of_the_schema(invoice: InvoiceView) -> None:
    assert misfits(invoice) == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_seller_outside_vat_says_so_in_70_characters(language: str) -> None:
    seller = replace(INVOICE.seller, charges_vat=False)
    payer = replace(INVOICE.payer, language=language)
    assert misfits(replace(INVOICE, seller=seller, payer=payer)) == []


def test_a_text_of_another_length_is_found() -> None:
    short = replace(INVOICE.payer, street="x", post_code="0")
    long = replace(INVOICE.lines[0], text="x" * 101)
    assert misfits(replace(INVOICE, payer=short, lines=[long])) == [
        "BuyerStreetName",
        "BuyerPostCodeIdentifier",
        "ArticleName",
    ]


def a_payer(**values: str) -> dict[str, Any]:
    whole = {
        "name": "Esimerkki Oy",
        "business_id": "0112038-9",
        "street": "Katu 1",
        "post_code": "00520",
        "town": "Helsinki",
        "country": "FI",
        "payment_days": 14,
    }
    return PayerChangeSchema().load(whole | values)  # type: ignore[no-any-return]


def test_the_forms_take_what_the_schema_takes() -> None:
    lengths = {"name": 70, "street": 35, "town": 35, "post_code": 10}
    for size in (lambda _longest: 2, lambda longest: longest):
        texts: dict[str, Any] = {name: "x" * size(longest) for name, longest in lengths.items()}
        a_payer(**texts)
        payer, seller = replace(INVOICE.payer, **texts), replace(INVOICE.seller, **texts)
        assert misfits(replace(INVOICE, payer=payer, seller=seller)) == []


@pytest.mark.parametrize("name", ["name", "street", "town", "post_code", "einvoice_address"])
def test_the_forms_refuse_one_character(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        a_payer(**{name: "1"})


@pytest.mark.parametrize("name", ["street", "town", "post_code", "einvoice_operator"])
def test_the_form_of_the_account_refuses_one_character(name: str) -> None:
    errors = SellerAccountSchema().validate({name: "1"})
    assert name in errors
