"""A picture becomes the logo of the service: small, square, and a picture for certain."""

from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from tests.world.people import a_person
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.service_profile.logo import SIDE, logo_png
from zone.core.service_profile.queries import service_profile
from zone.core.service_profile.rules import ServiceProfile

pytestmark = pytest.mark.engines("sqlite")


def picture(size: tuple[int, int] = (400, 200), kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def stored(settings: Settings) -> ServiceProfile:
    with reading() as session:
        return service_profile(session, settings)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(400, 200), (3, 90), (1, 1)])
def test_any_picture_becomes_a_small_square(kind: str, size: tuple[int, int]) -> None:
    made = Image.open(BytesIO(logo_png(picture(size, kind))))
    assert (made.format, made.mode) == ("PNG", "RGBA")
    assert made.width == made.height <= SIDE


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        picture()[:60],
        picture((4097, 1)),
        picture(kind="GIF"),
        picture(kind="TIFF"),
    ],
    ids=["nothing", "text", "svg", "half", "too wide", "gif", "tiff"],
)
def test_what_is_no_picture_or_too_large_is_refused(sent: bytes) -> None:
    with pytest.raises(DomainError) as refusal:
        logo_png(sent)
    assert refusal.value.reasons[0].code == "logo_unreadable"


def test_a_manager_gives_the_service_its_logo_and_takes_it_away(
    app: Flask, settings: Settings
) -> None:
    manager = a_person(app, "manager")

    def send(**fields: object) -> int:
        return manager.post("/manage/service/logo", data=fields).status_code

    assert send(logo=(BytesIO(picture()), "logo.png")) == 303
    digest = stored(settings).logo_digest
    address = f"/logo/{digest}.png"
    assert f'src="{address}"' in manager.get("/sign-in", follow_redirects=True).text
    answer = manager.get(address)
    assert (answer.mimetype, "immutable" in answer.headers["Cache-Control"]) == ("image/png", True)
    assert manager.get("/pass/icon-192.png").data != a_person(app).get("/pass/icon-180.png").data
    assert address in manager.get("/pass/sw.js").text, "offline too"
    assert send(logo=(BytesIO(b"no picture"), "logo.png")) == 422
    assert stored(settings).logo_digest == digest
    assert send(remove="1") == 303
    assert stored(settings).logo_digest is None
    assert manager.get(address).status_code == 404
    with reading() as session:
        actions = session.scalars(select(AuditRow.action)).all()
    assert actions.count("service_profile.logo") == 2


def test_a_first_logo_takes_over_what_the_settings_say(app: Flask, settings: Settings) -> None:
    data = {"logo": (BytesIO(picture()), "logo.png")}
    assert a_person(app, "manager").post("/manage/service/logo", data=data).status_code == 303
    saved = stored(settings)
    assert (saved.version, saved.seller_name) == (1, settings.seller_name)


def test_only_who_may_change_the_service_changes_its_logo(app: Flask, settings: Settings) -> None:
    data = {"logo": (BytesIO(picture()), "logo.png")}
    assert a_person(app, "desk").post("/manage/service/logo", data=data).status_code == 403
    assert stored(settings).logo_digest is None
