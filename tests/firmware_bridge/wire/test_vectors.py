"""The published test vectors of the pass format, checked against the door's implementation."""

import json
from importlib.resources import files
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.wire import base45
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.holders import Key
from firmware_bridge.wire.reasons import Reason
from tests.world.make_vectors import PHONES, short
from tests.world.make_vectors import vectors as make_vectors
from tests.world.wire_samples import issuers, judge, key_of, vectors

VECTORS = vectors()


def test_the_file_ships_inside_the_package() -> None:
    shipped = json.loads(files("firmware_bridge.wire").joinpath("vectors.json").read_text())
    assert shipped == VECTORS


def test_the_file_is_what_make_vectors_writes() -> None:
    assert make_vectors() == VECTORS


@pytest.mark.parametrize("vector", VECTORS["base45"], ids=lambda v: v["hex"])
def test_base45_goes_both_ways(vector: dict[str, str]) -> None:
    data = bytes.fromhex(vector["hex"])
    assert base45.encode(data) == vector["text"]
    assert base45.decode(vector["text"]) == data


def test_base45_agrees_with_the_examples_of_rfc_9285() -> None:
    examples = {
        b"AB": "BB8",
        b"Hello!!": "%69 VD92EX0",
        b"base-45": "UJCLQE7W581",
        b"ietf!": "QED8WEX0",
    }
    assert {data: base45.encode(data) for data in examples} == examples


@pytest.mark.parametrize("text", VECTORS["base45_invalid"])
def test_base45_refuses_what_is_not_canonical(text: str) -> None:
    with pytest.raises(ValueError, match=r"alphabet|length|range"):
        base45.decode(text)


@pytest.mark.parametrize("vector", VECTORS["short"], ids=lambda v: f"{v['key']}-{v['ts']}")
def test_a_short_code_has_the_published_parts(vector: dict[str, Any]) -> None:
    token = codes.parse(vector["text"].encode())
    assert len(vector["text"]) == codes.S_CHARS
    assert token.kid.hex() == vector["kid"]
    assert (token.ts, token.flags, token.cert) == (vector["ts"], vector["flags"], None)
    assert (
        token.signed.hex()
        == vector["message"]
        == (b"zone-pop-s1" + bytes.fromhex(vector["head"])).hex()
    )
    assert token.signature.hex() == vector["signature"]
    assert (token.leaving, token.duress) == (bool(vector["flags"] & 1), bool(vector["flags"] & 2))
    assert codes.verify_possession(token, PHONES[vector["key"]].public_key())


@pytest.mark.parametrize("vector", VECTORS["long"], ids=lambda v: f"{v['key']}-{v['ts']}")
def test_a_long_code_has_the_published_parts(vector: dict[str, Any]) -> None:
    token = codes.parse(vector["text"].encode())
    assert len(vector["text"]) == codes.L_CHARS
    assert token.cert is not None
    assert token.cert.raw.hex() == vector["cert"]
    assert (token.cert.issuer, token.cert.holder) == (vector["issuer"], vector["holder"])
    assert (token.cert.nbf, token.cert.exp) == (vector["nbf"], vector["exp"])
    assert token.signed.hex() == vector["message"]
    assert token.kid == codes.compute_kid(PHONES[vector["key"]].public_key())
    assert codes.verify_possession(token, PHONES[vector["key"]].public_key())
    assert codes.verify_certificate(token.cert, issuers(), vector["ts"]) is None


@pytest.mark.parametrize("vector", VECTORS["judged"], ids=lambda v: v["name"])
def test_a_door_answers_as_published(vector: dict[str, Any]) -> None:
    decision = judge(vector["text"].encode(), vector["now"], key_of(vector["roster_key"]))
    assert decision.reason is Reason(vector["reason"])
    assert decision.granted is (vector["reason"] == "granted")


def test_keys_are_published_in_all_their_forms() -> None:
    for key in VECTORS["keys"]:
        public = codes.load_point(bytes.fromhex(key["point"]))
        assert codes.compute_kid(public).hex() == key["kid"]
        assert codes.compress(public).hex() == key["point"]
    for issuer in VECTORS["issuers"]:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(issuer["private"]))
        assert private.public_key().public_bytes_raw().hex() == issuer["public"]


def test_what_the_module_signs_is_accepted_though_its_signature_differs_each_time() -> None:
    ts = VECTORS["short"][0]["ts"]
    for text in (codes.sign_short(PHONES["phone"], ts), codes.sign_short(PHONES["phone"], ts)):
        assert text[:20] == short("phone", ts)["text"][:20]
        assert judge(text.encode(), ts, key_of("phone")).granted


def test_a_certificate_is_kept_in_whole_minutes_that_never_cut_its_time_short() -> None:
    private = Ed25519PrivateKey.generate()
    raw = codes.issue_certificate(private, 1, 5, bytes(33), nbf=61, exp=121)
    assert (codes.parse_certificate(raw).nbf, codes.parse_certificate(raw).exp) == (60, 180)


def test_a_roster_key_that_is_no_point_of_the_curve_is_a_refusal() -> None:
    text = VECTORS["short"][0]["text"].encode()
    broken = Key(bytes.fromhex(VECTORS["short"][0]["kid"]), b"\x02" + b"\xff" * 32)
    assert judge(text, VECTORS["short"][0]["ts"], broken).reason is Reason.BAD_SIGNATURE
    assert Key.from_json(broken.to_json()) == broken
