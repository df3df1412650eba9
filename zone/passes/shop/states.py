"""The states of the shop, from invented values."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import partial
from typing import Final
from uuid import UUID

from zone.core.errors import DomainError, ErrorCode
from zone.core.time import from_helsinki
from zone.passes.catalogue.errors import NO_SEASON
from zone.passes.catalogue.views import ListedPrice
from zone.passes.orders.views import sentence_of
from zone.passes.passes.queries import PassView
from zone.passes.receipts.errors import SELLER_MISSING
from zone.passes.shop import views
from zone.passes.shop.pages import render_page
from zone.passes.shop.views import (
    Buyer,
    ComingPrice,
    Desk,
    Extension,
    HeldPass,
    PriceLine,
    ProductCard,
    RegionalAdmission,
    RoleChoice,
    RoleName,
    RolePrices,
    ShopPage,
    Step,
)
from zone.places.opening_hours.rules import OpenState
from zone.web.language import language
from zone.web.states import State

ALL: Final = ("gym", "class", "court")
SOLD: Final = (
    ("sports-term", "Liikuntapassi, lukukausi", "Motionskort, termin", "Sports pass, one term"),
    ("sports-year", "Liikuntapassi, vuosi", "Motionskort, år", "Sports pass, one year"),
    ("gym-month", "Kuntosalipassi, kuukausi", "Gymkort, månad", "Gym pass, one month"),
)
CENTS: Final = (4500, 7500, 1500)
ENDS: Final = (date(2027, 3, 27), date(2027, 11, 30), date(2026, 12, 30))
OPEN: Final = OpenState((), True, from_helsinki(date(2026, 12, 1), time(22)), None)
SHUT: Final = OpenState((), False, None, from_helsinki(date(2026, 12, 2), time(7)))
DESKS: Final = (
    Desk("Haaga-Helia Pasila", "Ratapihantie 13", "00520 Helsinki", "https://example.org/", OPEN),
    Desk("Metropolia Myllypuro", "Myllypurontie 1", "00920 Helsinki", None, SHUT, same_day=False),
)


def _sentence(code: ErrorCode) -> str:
    return sentence_of(DomainError(code), language())


def _names(number: int) -> dict[str, str]:
    return dict(zip(("fi", "sv", "en"), SOLD[number][1:], strict=True))


def _gives(number: int) -> tuple[str, ...]:
    return ALL if number < 2 else ("gym",)


def _cards(*, own: bool, times: int = 1, reason: str = "") -> list[ProductCard]:
    cards = [
        ProductCard(
            SOLD[n][0],
            _names(n),
            _gives(n),
            [],
            CENTS[n] * times,
            duration="days",
            length_days=None if own else 30,
            starts_on=date(2026, 12, 1) if own else None,
            ends_on=ENDS[n] if own else None,
            href=f"/buy/{SOLD[n][0]}" if own and not reason else None,
            reason=reason,
            monthly=(1125, 625, None)[n],
            coming=[ComingPrice(date(2027, 1, 1), CENTS[n] * times + 500)] if n == 1 else (),
        )
        for n in range(len(SOLD))
    ]
    return views.with_best(cards) if own else cards


def invented_prices(role: RoleName, times: int = 1) -> RolePrices:
    """Return the price list of a role, and whom it admits."""
    return RolePrices(
        role,
        [
            PriceLine(ListedPrice(one[0], _names(n), _gives(n), [], CENTS[n] * times, ""), [], [])
            for n, one in enumerate(SOLD)
        ],
        ["Arcada", "Haaga-Helia", "Laurea", "Metropolia"],
        [RegionalAdmission(_names(0), ["Diak", "Humak"])],
    )


def _page(
    *,
    step: Step | None = None,
    buyer: RoleName | None = None,
    role: RoleName = "student",
    held: Sequence[HeldPass] = (),
    cards: Sequence[ProductCard] | None = None,
    notice: str | None = None,
    onward: str = "",
) -> str:
    if cards is None:
        cards = _cards(own=buyer == role, times=1 if role == "student" else 2)
    return render_page(
        ShopPage(
            signed_in=buyer is not None,
            buyers=[Buyer("Arcada", buyer, date(2027, 5, 31))] if buyer else [],
            step=step,
            held=held,
            roles=[
                RoleChoice(one, views.with_next("/buy", onward, role=one), one == role)
                for one in views.ROLES
            ],
            cards=cards,
            prices=invented_prices(role),
            notice=notice,
            charges_vat=True,
            onward=onward,
        )
    )


def _held(*, state: str = "valid", soon: bool = False) -> HeldPass:
    first, last = date(2026, 11, 28), date(2026, 12, 28)
    held = PassView(
        UUID(int=1),
        "gym_pass",
        _names(2),
        ("gym",),
        (),
        _midnight(first),
        _midnight(last),
        state,
        None,
    )
    extension = Extension(_names(2), 1500, last, date(2027, 1, 26), "/buy/gym-month")
    return HeldPass(held, soon, [extension])


def _midnight(day: date) -> datetime:
    return from_helsinki(day, time())


STATES: Final = (
    State("shop", "guest", partial(_page, step=Step("sign_in"))),
    State("shop", "nothing-said", partial(_page, step=Step("add"))),
    State("shop", "not-admitted", partial(_page, step=Step("outside", where="Aalto"))),
    State("shop", "not-proven", partial(_page, step=Step("prove", "Arcada", desks=DESKS))),
    State(
        "shop",
        "proof-ended",
        partial(
            _page,
            step=Step("prove_again", "Arcada", "staff", date(2026, 11, 30), tuple(reversed(DESKS))),
        ),
    ),
    State("shop", "none-held", partial(_page, buyer="student")),
    State("shop", "held", partial(_page, buyer="student", held=[_held()])),
    State("shop", "ends-soon", partial(_page, buyer="student", held=[_held(soon=True)])),
    State("shop", "starts-later", partial(_page, buyer="student", held=[_held(state="not_yet")])),
    State("shop", "prices-of-others", partial(_page, buyer="student", role="staff")),
    State("shop", "on-the-way-to-a-booking", partial(_page, buyer="student", onward="/courts")),
    State(
        "shop",
        "refused",
        lambda: _page(buyer="student", cards=_cards(own=True, reason=_sentence(NO_SEASON))),
    ),
    State("shop", "nothing-on-sale", partial(_page, buyer="student", cards=[])),
    State("shop", "closed", lambda: _page(notice=_sentence(SELLER_MISSING))),
)
