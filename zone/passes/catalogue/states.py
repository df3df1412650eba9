"""The states of the managers' pages of products, from invented values."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from zone.core.errors import DomainError, edited_meanwhile
from zone.passes.catalogue import views
from zone.passes.catalogue.models import Price, Product
from zone.passes.catalogue.pages import list_page, product_page
from zone.passes.catalogue.schemas import product_json
from zone.passes.catalogue.views import ProductView
from zone.web import forms
from zone.web.forms import FormState
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

TODAY: Final = date(2026, 12, 1)
PLACES: Final = (("arabia", "Arcada Arabia"), ("myyrmaki", "Metropolia Myyrmäki"))
NO_GROUPS: Final[Mapping[str, str]] = {}
GROUPS: Final = {"owners": "Omistajat", "others": "Kumppanit"}


def _product(code: str, *names: str, **values: Any) -> Product:
    """Return a pass of the term for everything, unless said otherwise."""
    fi, sv, en = names
    row: dict[str, Any] = {
        "kind": "sports_pass",
        "entitlements": ["gym", "class", "court"],
        "campuses": [],
        "duration": "season",
        "length_days": None,
        "activation_days": None,
        "visits": None,
        "vat_category": "exercise",
        "version": 3,
    }
    return Product(code=code, name_fi=fi, name_sv=sv, name_en=en, **row | values)


def _price(role: str, day: date, cents: int | None, group: str = "") -> Price:
    return Price(role=role, price_group=group, valid_from=day, cents=cents)


TERM: Final = _product(
    "sports-term", "Liikuntapassi, lukukausi", "Motionskort, termin", "Sports pass, one term"
)
GYM: Final = _product(
    "gym-month",
    "Kuntosalipassi, kuukausi",
    "Gymkort, månad",
    "Gym pass, one month",
    kind="gym_pass",
    entitlements=["gym"],
    campuses=["myyrmaki"],
    duration="days",
    length_days=30,
)
FEE: Final = _product(
    "card-fee", "Kadonnut kortti", "Borttappat kort", "Lost card", kind="fee", entitlements=[]
)
PRICES: Final = (
    _price("staff", date(2026, 8, 1), 9000),
    _price("student", date(2026, 8, 1), 4500),
    _price("student", date(2027, 1, 1), 4900),
    _price("student", date(2026, 8, 1), 4000, "owners"),
    _price("student", date(2027, 8, 1), None, "others"),
)


def _view(product: Product, prices: Sequence[Price] = PRICES) -> ProductView:
    return views.product_view(product, prices, TODAY)


def _values(product: Product) -> dict[str, Any]:
    return product_json(product, [])


def _page(
    one: Product | None = TERM,
    prices: Sequence[Price] = PRICES,
    *,
    product: FormState | None = None,
    price: FormState | None = None,
    groups: Mapping[str, str] = NO_GROUPS,
    done: bool = False,
) -> str:
    return product_page(
        _view(one, prices) if one else None,
        TODAY,
        product or FormState(_values(one) if one else {}),
        price or FormState({"product": "sports-term"}),
        groups,
        PLACES,
        group_names=GROUPS,
        done=done,
    )


def _refused(page: Callable[[FormState], str], refusal: DomainError, **more: Any) -> str:
    values = {"typed": {}, "key": "", **more}
    return forms.refused(page, refusal, **values).get_data(as_text=True)


def _empty_form() -> str:
    blank = ["Missing data for required field."]
    names = {"fi": blank, "sv": blank, "en": blank}
    errors = {"code": blank, "name": names, "entitlements": ["Choose each only once."]}
    refusal = DomainError(INVALID_INPUT, fields=errors)
    return _refused(lambda state: _page(None, product=state), refusal)


def _price_refused() -> str:
    typed = {"product": TERM.code, "role": "student", "euros": "45 e"}
    errors = {"euros": ["Give a price, for example 45,00."]}
    refusal = DomainError(INVALID_INPUT, fields=errors)
    return _refused(lambda state: _page(price=state), refusal, typed=typed)


def _changed_meanwhile() -> str:
    typed = _values(TERM) | {"length_days": 120, "entitlements": ["gym"]}
    refusal = edited_meanwhile(4, ["length_days", "entitlements"])
    stored = partial(_values, TERM)
    return _refused(lambda state: _page(product=state), refusal, typed=typed, stored=stored)


def _listed(*products: ProductView) -> str:
    return list_page(products, GROUPS)


def _some_products() -> str:
    return _listed(_view(FEE, PRICES[:2]), _view(GYM), _view(TERM))


def _without_a_price() -> str:
    return _listed(_view(GYM, ()), _view(TERM))


STATES: Final = (
    State("products", "none", partial(list_page, [], GROUPS)),
    State("products", "some", _some_products),
    State("products", "without-a-price", _without_a_price),
    State("products", "new", partial(_page, None)),
    State("products", "new-left-empty", _empty_form),
    State("products", "one", _page),
    State("products", "one-with-price-groups", partial(_page, groups=GROUPS)),
    State("products", "one-without-a-price", partial(_page, GYM, ())),
    State("products", "one-fee", partial(_page, FEE, PRICES[:2])),
    State("products", "one-saved", partial(_page, done=True)),
    State("products", "one-changed-meanwhile", _changed_meanwhile),
    State("products", "one-price-refused", _price_refused),
)
