"""What was paid at the counter has a reference, and never the number of a card."""

import pytest

from zone.core.errors import DomainError
from zone.passes.payments.rules import METHODS, check_reference


def code_of(method: str, reference: str | None) -> str:
    with pytest.raises(DomainError) as caught:
        check_reference(method, reference)
    return caught.value.code


@pytest.mark.parametrize("method", METHODS)
def test_each_way_to_pay_takes_a_reference(method: str) -> None:
    stored = check_reference(method, "  AB 12/3-4  ")
    assert stored == (None if method == "cash" else "AB 12/3-4")


@pytest.mark.parametrize("method", ["smartum", "epassi", "edenred", "voucher"])
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_a_benefit_or_a_voucher_needs_one(method: str, nothing: str | None) -> None:
    assert code_of(method, nothing) == "reference_missing"
    assert check_reference("card_terminal", nothing) is None


# Numbers that card schemes publish for tests, of 13 to 19 digits.
@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "378282246310005",
        "4222222222222",
        "6304 0000 0000 0000 000",
        "kortti 4111111111111111",
    ],
)
def test_the_number_of_a_card_is_never_stored(number: str) -> None:
    assert code_of("card_terminal", number) == "card_number"
    assert code_of("smartum", number) == "card_number"


def test_a_long_number_of_a_receipt_is_not_taken_for_one() -> None:
    assert check_reference("card_terminal", "4111111111111112") == "4111111111111112"


@pytest.mark.parametrize("reference", ["<b>", "a" * 41, "-1", "x\x00y"])
def test_what_cannot_be_read_is_refused(reference: str) -> None:
    assert code_of("voucher", reference) == "reference_unreadable"
