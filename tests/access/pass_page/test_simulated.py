"""The simulated phone uses the same HTTP and makes the same codes as the page."""

import io
from pathlib import Path

import pytest
from PIL import Image

from firmware_bridge.wire import token
from firmware_bridge.wire.reasons import Reason
from tests.world.served_app import Site
from zone.access.credentials import queries as credentials_queries
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.pass_page.pages import pointer_text
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.demo.phone import Phone, PhoneError, kept_key
from zone.members.people.models import Member
from zone.web.images import qr_png

pytestmark = pytest.mark.engines("sqlite")


def an_enrolled_phone(site: Site) -> Phone:
    phone = Phone(site.url, cookie=site.cookie(site.student))
    phone.enrol()
    return phone


def test_it_enrols_and_its_first_code_proves_whose_key_it_is(site: Site) -> None:
    phone, now = an_enrolled_phone(site), utc_now().timestamp()
    shown = token.parse(phone.text(now).encode())
    with reading() as session:
        holder = session.get_one(Member, site.student).holder
    assert shown.cert is not None
    assert shown.cert.holder == holder
    assert (
        token.verify_certificate(shown.cert, issuer_queries.issuers(site.settings.keys), now)
        is None
    )
    assert token.verify_possession(shown, token.load_point(shown.cert.point))


def test_later_it_shows_the_short_code_of_the_same_key(site: Site) -> None:
    phone = an_enrolled_phone(site)
    assert phone.enrolment is not None
    later = phone.enrolment.show_long_until + 1
    shown = token.parse(phone.text(later).encode())
    with reading() as session:
        (known,) = credentials_queries.live_keys(session, site.student)
    assert (shown.cert, shown.kid, shown.ts) == (None, known.kid, int(later))
    assert token.verify_possession(shown, token.load_point(known.point))


def test_a_phone_that_is_started_again_is_the_same_phone(site: Site, tmp_path: Path) -> None:
    """A demo that is started all day enrols one phone, and not one more than it may."""
    for _ in range(12):
        phone = Phone(site.url, site.cookie(site.student), key=kept_key(tmp_path / "phone.pem"))
        phone.enrol()
    with reading() as session:
        assert len(credentials_queries.live_keys(session, site.student)) == 1
    assert (tmp_path / "phone.pem").stat().st_mode & 0o077 == 0


def test_it_sees_the_same_pass_as_the_page(site: Site) -> None:
    phone = an_enrolled_phone(site)
    assert phone.enrolment is not None
    state = phone.pass_state()
    assert state["state"] == "valid"
    assert [device["kid"] for device in state["devices"]] == [phone.enrolment.kid.hex()]


def test_without_a_session_the_server_refuses_it_with_a_reason(site: Site) -> None:
    with pytest.raises(PhoneError) as refused:
        Phone(site.url).enrol()
    assert (refused.value.status, refused.value.problem["code"]) == (401, "sign_in_needed")


def test_it_has_no_code_before_it_is_enrolled(site: Site) -> None:
    with pytest.raises(LookupError):
        Phone(site.url).text(utc_now().timestamp())


@pytest.mark.browser
def test_the_printed_code_names_a_person_to_the_desk_and_opens_no_door() -> None:
    text = pointer_text("0123456789abcdef0123456789abcdef")
    import zxingcpp

    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_png(text))))
    assert read.text == text == "ZP0123456789ABCDEF0123456789ABCDEF"
    with pytest.raises(token.TokenError) as refused:
        token.parse(text.encode())
    assert refused.value.reason is Reason.MALFORMED
