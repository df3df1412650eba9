"""What a leaf offers is found by the names of its files, and is of the type that is expected."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from zone.app import FEATURES
from zone.passes.refund_requests.invariants import INVARIANTS
from zone.passes.refund_requests.mails import MAILS
from zone.passes.refund_requests.personal_data import PERSONAL_DATA
from zone.web import leaves

ZONE = Path(leaves.__file__).parents[1]


def test_every_api_of_a_leaf_is_served() -> None:
    files = {path.parent.name for path in (ZONE / "passes").glob("*/api.py")}
    served = {api.name.removeprefix("passes_") for api in leaves.leaves_of("passes").apis}
    assert served == files


def test_features_offer_what_their_leaves_have() -> None:
    (passes,) = (feature for feature in FEATURES if feature.name == "passes")
    assert all(kind in passes.leaves.mails for kind in MAILS)
    assert all(one in passes.leaves.invariants for one in INVARIANTS)
    assert all(data in passes.leaves.personal_data for data in PERSONAL_DATA)


def test_what_has_the_name_and_another_type_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaves, "import_module", lambda _: SimpleNamespace(api="no blueprint"))
    with pytest.raises(TypeError, match=r"api of api\.py in places is no Blueprint"):
        leaves.leaves_of("places")
