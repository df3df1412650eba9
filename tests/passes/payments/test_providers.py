"""The development provider: signed callbacks and page addresses, and one secret."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.checkout import A_SELLER
from tests.world.shop import TODAY, passes
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.passes.catalogue import service as catalogue
from zone.passes.orders import service as orders
from zone.passes.payments import service as payments
from zone.passes.payments.providers.choice import chosen_provider, known_provider
from zone.passes.payments.providers.development import (
    KEY_FILE,
    DevelopmentProvider,
    development_provider,
)
from zone.passes.payments.providers.protocol import AmountDue, Callback, PaymentNotice

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
DUE = AmountDue("reference-1", 4500, "EUR")
PROVIDER = DevelopmentProvider(b"a secret of the tests")


def fields_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


NOTICE = fields_of(PROVIDER.callback(DUE, "paid", NOW))


def is_forged(fields: dict[str, str], provider: DevelopmentProvider = PROVIDER) -> bool:
    try:
        provider.verify(Callback({}, fields, b""))
    except DomainError as refused:
        return refused.code == "forged_notice"
    return False


def test_a_callback_is_read_back_as_it_was_written() -> None:
    notice = PaymentNotice("reference-1", "paid", 4500, "EUR", NOW)
    assert PROVIDER.verify(Callback({}, NOTICE, b"")) == notice
    assert PROVIDER.verify(Callback({}, {}, urlencode(NOTICE).encode())) == notice


def test_the_payment_page_learns_what_is_due_from_its_address() -> None:
    address = PROVIDER.page_address(DUE)
    assert urlsplit(address).path == "/dev-pay/reference-1"
    assert PROVIDER.due(fields_of(address) | {"reference": "reference-1"}) == DUE


@pytest.mark.parametrize("name", sorted(NOTICE))
def test_a_callback_with_any_field_changed_or_missing_is_forged(name: str) -> None:
    assert is_forged(NOTICE | {name: NOTICE[name] + "0"})
    assert is_forged({key: value for key, value in NOTICE.items() if key != name})


@given(st.dictionaries(st.sampled_from([*NOTICE, "other"]), st.text(max_size=20), min_size=1))
def test_no_random_callback_is_accepted(made_up: dict[str, str]) -> None:
    assert is_forged(NOTICE | made_up) or all(
        made_up.get(name, value) == value for name, value in NOTICE.items()
    )


def test_a_callback_signed_by_another_secret_is_forged() -> None:
    assert is_forged(NOTICE, DevelopmentProvider(b"another secret"))


def test_the_address_of_a_page_does_not_pass_as_a_callback() -> None:
    page = fields_of(PROVIDER.page_address(DUE)) | {"reference": "reference-1"}
    assert is_forged(page | {"outcome": "paid", "at": "1"})


def test_an_outcome_that_no_provider_knows_is_refused_though_signed() -> None:
    assert is_forged(fields_of(PROVIDER.callback(DUE, "granted", NOW)))


def test_processes_that_start_together_share_one_secret_that_only_the_owner_reads(
    tmp_path: Path,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        providers = list(pool.map(lambda _: development_provider(tmp_path / "keys"), range(8)))
    assert len(set(providers)) == 1
    assert len(providers[0].secret) >= 32
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_FILE]
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_without_a_provider_there_is_none_to_choose() -> None:
    closed = Settings(payment_provider="none")
    assert chosen_provider(closed, None, ()) is None
    with pytest.raises(DomainError, match="payments_closed"):
        chosen_provider(closed, "development", ())


def test_a_provider_that_was_never_set_up_here_is_unknown_and_makes_no_key(tmp_path: Path) -> None:
    never = Settings(data_dir=tmp_path)
    for name in ("development", "another"):
        with pytest.raises(DomainError, match="not_found"):
            known_provider(never, name)
    assert list(tmp_path.iterdir()) == []


def test_while_payments_are_closed_only_orders_of_0_cents_are_granted(student: int) -> None:
    def order() -> None:
        with writing() as session:
            placed = orders.place_order(
                session,
                student,
                "gym",
                starts_on=None,
                now=NOW,
                seller_vat=True,
                seller=A_SELLER,
            )
            payments.create_payment(session, placed, None, NOW, A_SELLER)

    with pytest.raises(DomainError, match="payments_closed"):
        order()
    assert passes(student) == 0
    with writing() as session:
        catalogue.set_price(session, "gym", role="student", cents=0, valid_from=TODAY)
    order()
    assert passes(student) == 1
