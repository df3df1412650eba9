"""Static files: immutable at addresses with the digest of all of them, never two versions mixed."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from tests.world.people import a_person
from zone.app import create_app
from zone.core.config import Settings
from zone.web.session_cookie import name_of
from zone.web.static_files import KINDS, OWN, StaticFiles, files_of

pytestmark = pytest.mark.engines("sqlite")
FOREVER = "public, max-age=31536000, immutable"
LOADED = re.compile(r"""(?:href|src)="(/static/[^"#]+)""")


def loaded_by(page: str) -> list[str]:
    """Return the addresses of static files in a page."""
    return LOADED.findall(page)


def check_never_mixed(client: FlaskClient, page: str) -> None:
    """Check that all files of a page are of one version, and are kept for ever."""
    addresses = set(loaded_by(page))
    assert len(addresses) > 3
    assert len({address.split("/")[2] for address in addresses}) == 1, "two versions in one page"
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, FOREVER), address
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/classes", "/targets", "/pass", "/desk"])
def test_the_files_of_a_page_are_kept_for_ever(app: Flask, path: str) -> None:
    client = a_person(app, "manager")
    check_never_mixed(client, client.get(path, headers={"Accept": "text/html"}).text)


@pytest.mark.planted_fault("one file has an address without the digest")
def test_an_address_without_the_digest_fails_the_check(app: Flask, client: FlaskClient) -> None:
    page = client.get("/sign-in").text.replace(files_of(app).base + "zone.css", "/static/zone.css")
    with pytest.raises(AssertionError):
        check_never_mixed(client, page)


def test_what_a_style_or_script_names_is_of_its_version(app: Flask, client: FlaskClient) -> None:
    """Only relative addresses are; they are resolved as a browser does."""
    base = files_of(app).base
    for path, file in files_of(app).files.items():
        if not path.endswith((".css", ".js", ".mjs")):
            continue
        named = re.findall(r'url\("(.+?)"\)|^import .*?"(.+?)";', file.body.decode(), re.MULTILINE)
        for found in ("".join(pair) for pair in named):
            beside = path.rpartition("/")[0]
            address = base + f"{beside}/{found.removeprefix('./')}".lstrip("/")
            assert client.get(address).status_code == 200, f"{path} names {found}"


def test_another_version_is_not_found_and_not_kept(app: Flask, client: FlaskClient) -> None:
    for address in ("/static/000000000000/zone.css", f"{files_of(app).base}nothing.css"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_an_address_without_a_digest_goes_on_working(client: FlaskClient) -> None:
    first = client.get("/static/zone.css?lang=sv")
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-cache")
    again = client.get("/static/zone.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_no_cache_gets_one_persons_language(app: Flask, client: FlaskClient) -> None:
    for address in (files_of(app).base + "zone.css", "/pass/icon-192.png"):
        answer = client.get(f"{address}?lang=sv")
        assert "public" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", ["../app.py", "%2e%2e/app.py", "pass/../../app.py", "/etc/passwd", "pass", ""]
)
def test_nothing_else_is_served(app: Flask, client: FlaskClient, path: str) -> None:
    for address in (f"/static/{path}", files_of(app).base + path):
        assert client.get(address).status_code in {404, 308}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.js").write_text("1")
    (tmp_path / "two.css").write_text("2")
    return tmp_path


def test_every_change_of_a_file_changes_all_addresses(folder: Path) -> None:
    def digest() -> str:
        return StaticFiles([("some", folder)]).digest

    digests = [digest(), StaticFiles([("other", folder)]).digest, StaticFiles([]).digest]
    (folder / "one.js").write_text("another")
    digests.append(digest())
    (folder / "one.js").rename(folder / "three.js")
    digests.append(digest())
    assert len(set(digests)) == len(digests)
    assert digest() == digests[-1]


def test_every_file_has_a_media_type(app: Flask) -> None:
    assert {path.suffix for path in OWN.iterdir()} <= KINDS.keys()
    with app.test_request_context():
        assert url_for("static", filename="icons.svg") == files_of(app).base + "icons.svg"


def test_files_come_without_the_database(settings: Settings) -> None:
    """A page that says that the database is away needs its style."""
    away = "postgresql+psycopg://zone@127.0.0.1:9/nothing"
    app = create_app(replace(settings, database_url=away))
    client = app.test_client()
    client.set_cookie(name_of(settings), "some-session")
    assert client.get("/classes").status_code == 503
    assert client.get(files_of(app).base + "zone.css").status_code == 200
