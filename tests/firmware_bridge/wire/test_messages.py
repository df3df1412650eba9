"""Bridge messages: round trips, and refusal of every other shape."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.wire.messages import entries, fields
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.enrol import sign_on_message
from firmware_bridge.wire.messages.entries import GENESIS, Entry, Upload, UploadAck, hash_entry
from firmware_bridge.wire.messages.holder_row import read_holder
from firmware_bridge.wire.messages.holders import BookingWindow, Holder, Key, Right
from firmware_bridge.wire.messages.site import Door, Site, read_site
from firmware_bridge.wire.reasons import Reason
from tests.world.wire_samples import DOOR

ENTRY = Entry(
    1,
    "7b1dd4a2-8c5e-4a8e-9d39-0a3e8c1f2b11",
    "door-gym",
    "scan",
    1_800_000_000_123,
    True,
    Reason.GRANTED,
    42,
    bytes(8),
    1_800_000_000,
)
HOLDER = Holder(
    42,
    (Key(bytes(8), bytes(33)),),
    (Right("gym", ("arabia",), 1, 2),),
    (BookingWindow("a", 1, 2),),
    True,
)
CHANGES = Changes("e1", 7, True, False, (HOLDER.to_json(),), Site((DOOR,), {1: bytes(32)}), "d1")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


def test_messages_read_back_what_they_write() -> None:
    assert Entry.from_json(ENTRY.to_json()) == ENTRY
    assert Holder.from_json(HOLDER.to_json()) == HOLDER
    assert Changes.from_json(CHANGES.to_json()) == CHANGES
    receipt = UploadAck((1, 2), (3,), (4,))
    assert UploadAck.from_json(receipt.to_json()) == receipt
    assert receipt.settled == {1, 2, 3, 4}
    upload = Upload((ENTRY.to_json(),), GENESIS, hash_entry(GENESIS, ENTRY))
    assert Upload.from_json(upload.to_json()) == upload


@pytest.mark.parametrize(
    "parse",
    [
        Entry.from_json,
        Holder.from_json,
        Changes.from_json,
        UploadAck.from_json,
        Upload.from_json,
        Site.from_json,
        Door.from_json,
    ],
)
@given(raw=JSON)
def test_any_other_shape_is_a_message_error(parse: Any, raw: object) -> None:
    with pytest.raises(fields.MessageError):
        parse(raw)


@given(field=st.sampled_from(sorted(ENTRY.to_json())), value=JSON)
def test_an_entry_with_any_odd_field_is_read_or_refused(field: str, value: object) -> None:
    try:
        entry = Entry.from_json({**ENTRY.to_json(), field: value})
    except fields.MessageError:
        return
    assert hash_entry(GENESIS, entry) is not None


OTHER_DOOR = replace(DOOR, door="door-side", state="lockdown")


@given(
    field=st.sampled_from(sorted({*OTHER_DOOR.to_json(), *OTHER_DOOR.area.to_json()})), value=JSON
)
def test_any_odd_field_of_a_door_concerns_that_door_alone(field: str, value: object) -> None:
    site = Site((DOOR, OTHER_DOOR), {1: bytes(32)}).to_json()
    other = site["doors"][1]
    (other if field in other else other["area"])[field] = value
    read, faults = read_site(site)
    assert read is not None
    assert read.doors[0] == DOOR
    assert read.issuers == {1: bytes(32)}
    # Whatever became of it, an older version can read it, and nobody gets in who did not.
    assert Site.from_json(read.to_json()) == read
    assert all(door.state in ("lockdown", "blocked") or field == "state" for door in read.doors[1:])
    assert {fault.door for fault in faults} <= {OTHER_DOOR.door, ""}


BESIDE = ("grants", "grants_seen", "orders", "stored")


@given(field=st.sampled_from(BESIDE), value=JSON)
def test_what_stands_beside_the_roster_never_refuses_it(field: str, value: object) -> None:
    read = Changes.from_json({**CHANGES.to_json(), field: value})
    assert (read.version, read.rows, read.site) == (7, CHANGES.rows, CHANGES.site)
    if isinstance(value, str | dict):
        assert read.faults
        assert (read.grants, read.grants_seen, read.orders, read.stored) == ((), None, (), None)


@given(field=st.sampled_from(sorted(HOLDER.to_json())), value=JSON)
def test_any_odd_field_of_a_holder_is_read_for_no_more_than_before(
    field: str, value: object
) -> None:
    before = replace(HOLDER, suspended=False)
    try:
        holder, faults = read_holder({**before.to_json(), field: value})
    except fields.MessageError:
        assert field == "holder"
        return
    assert Holder.from_json(holder.to_json()) == holder
    assert set(holder.rights) <= set(before.rights)
    assert set(holder.slots) <= set(before.slots)
    assert {key for key in holder.keys if not key.revoked} <= set(before.keys)
    assert field != "suspended" or isinstance(value, bool) or (holder.suspended and faults)


@pytest.mark.parametrize("door", ["a\x00b", "\ud800", ""])
def test_a_text_that_no_store_can_hold_is_refused(door: str) -> None:
    with pytest.raises(fields.MessageError):
        Entry.from_json({**ENTRY.to_json(), "door": door})


@pytest.mark.parametrize("number", ["256", "-1", "x", "1.0", "٣", ""])
def test_an_issuer_that_no_certificate_can_name_is_refused(number: str) -> None:
    with pytest.raises(fields.MessageError):
        Site.from_json({"doors": [], "issuers": {number: "00" * 32}})


def test_an_upload_is_bounded() -> None:
    for rows in ([], [ENTRY.to_json()] * (entries.MAX_ROWS + 1)):
        with pytest.raises(fields.MessageError):
            Upload.from_json({"entries": rows, "after": "00" * 32, "head": "00" * 32})


def test_the_chain_depends_on_every_field_and_on_what_came_before() -> None:
    hashes = {hash_entry(GENESIS, ENTRY), hash_entry(b"\x01" * 32, ENTRY)}
    for change in (
        {"granted": False},
        {"occurred_at": 5},
        {"holder": None},
        {"seq": 2},
        {"clock": "unset"},
    ):
        hashes.add(hash_entry(GENESIS, Entry.from_json({**ENTRY.to_json(), **change})))
    assert len(hashes) == 7


def test_the_sign_on_message_cannot_be_split_another_way() -> None:
    assert sign_on_message("a", "bc") != sign_on_message("ab", "c")
    assert sign_on_message("b", "c") == b"zone-bridge-sign-on-1\x00b\x00c"
