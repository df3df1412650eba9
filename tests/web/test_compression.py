"""gzip: what is compressed, for whom, and that nothing secret can be read from a length."""

import gzip
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from tests.world.actors import a_caller
from tests.world.people import a_browser, a_person
from zone.web import compression
from zone.web.auth import public
from zone.web.static_files import files_of

pytestmark = pytest.mark.engines("sqlite")
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
PAGE = {"Accept": "text/html", **GZIP}
OURS = {"Sec-Fetch-Site": "same-origin"}
FOREIGN = {"Sec-Fetch-Site": "cross-site"}


def is_compressed(answer: Any) -> bool:
    """Return whether the answer is gzip, once, and says so to caches."""
    if answer.headers.get("Content-Encoding") is None:
        assert answer.data[:2] != b"\x1f\x8b"
        return False
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert gzip.decompress(answer.data)[:2] != b"\x1f\x8b", "compressed twice"
    return True


@pytest.mark.parametrize("path", ["/classes", "/api/v1/openapi.json"])
def test_text_is_compressed_where_the_client_accepts_it(client: FlaskClient, path: str) -> None:
    compressed, plain = client.get(path, headers=PAGE), client.get(path)
    assert is_compressed(compressed)
    assert not is_compressed(plain)
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert len(compressed.data) < len(plain.data) / 2
    assert not is_compressed(client.get(path, headers={"Accept-Encoding": "gzip;q=0, br"}))


def test_static_files_are_compressed_once_for_all_requests(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {path: file.body for path, file in files_of(app).files.items()}
    monkeypatch.setattr(compression, "LEVEL", "nothing is compressed any more")
    for path, body in plain.items():
        answer = client.get(files_of(app).base + path, headers=GZIP)
        packed = path.endswith((".css", ".js", ".mjs", ".svg", ".txt")) and len(body) >= 1000
        assert is_compressed(answer) is packed, path
        assert (gzip.decompress(answer.data) if packed else answer.data) == body


def test_a_static_file_has_a_tag_for_each_encoding(app: Flask, client: FlaskClient) -> None:
    address = files_of(app).base + "zone.css"
    tags = {}
    for name, headers in (("gzip", GZIP), ("plain", {})):
        tags[name] = client.get(address, headers=headers).headers["ETag"]
        again = client.get(address, headers={**headers, "If-None-Match": tags[name]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tags[name]
        assert again.headers["Vary"] == "Accept-Encoding"
    other = client.get(address, headers={"If-None-Match": tags["gzip"]})
    assert (tags["gzip"] != tags["plain"], other.status_code) == (True, 200)


def test_images_and_short_answers_are_left_as_they_are(client: FlaskClient) -> None:
    for path in ("/pass/icon-512.png", "/healthz"):
        answer = client.get(path, headers=GZIP)
        assert answer.status_code == 200
        assert not is_compressed(answer)


def test_a_head_request_tells_of_the_same_answer(client: FlaskClient) -> None:
    path = "/api/v1/openapi.json"
    whole, head = client.get(path, headers=GZIP), client.head(path, headers=GZIP)
    assert head.data == b""
    assert head.headers["Content-Encoding"] == "gzip"
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


@pytest.mark.own_database
def test_a_page_with_a_tag_is_still_asked_for_again(app: Flask) -> None:
    """A strong tag would say that the compressed bytes are those that the view made."""

    @app.get("/tagged")
    @public
    def tagged() -> Any:
        response = Response("x" * 5000, mimetype="text/html")
        response.set_etag("one")
        return response.make_conditional(request)

    client = app.test_client()
    assert client.get("/tagged").headers["ETag"] == '"one"'
    answer = client.get("/tagged", headers=GZIP)
    assert is_compressed(answer)
    assert answer.headers["ETag"] == 'W/"one"'
    again = client.get("/tagged", headers={**GZIP, "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.own_database
def test_what_is_compressed_or_comes_in_pieces_is_left_alone(app: Flask) -> None:
    body = gzip.compress(b"text" * 1000)

    @app.get("/packed")
    @public
    def packed() -> Response:
        return Response(body, mimetype="text/html", headers={"Content-Encoding": "gzip"})

    @app.get("/pieces")
    @public
    def pieces() -> Response:
        return Response((piece for piece in ["x" * 2000]), mimetype="text/html")

    client = app.test_client()
    assert client.get("/packed", headers=GZIP).data == body
    assert client.get("/pieces", headers=GZIP).text == "x" * 2000


def check_nothing_is_betrayed(app: Flask) -> None:
    """Check that a page with a session is not compressed where another site chose its address."""
    client = a_person(app, "desk")
    for headers in (FOREIGN, {"Sec-Fetch-Site": "same-site"}):
        answer = client.get("/desk?q=guess", headers={**PAGE, **headers})
        assert answer.status_code == 200
        assert not is_compressed(answer), headers
    for headers in (OURS, {"Sec-Fetch-Site": "none"}):
        assert is_compressed(client.get("/desk?q=guess", headers={**PAGE, **headers})), headers


def test_nothing_is_betrayed_by_a_length(app: Flask) -> None:
    check_nothing_is_betrayed(app)


@pytest.mark.planted_fault("whatever asks, an answer is compressed")
def test_compressing_for_other_sites_fails_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "_is_safe", lambda *_: True)
    with pytest.raises(AssertionError):
        check_nothing_is_betrayed(app)


def test_a_browser_that_names_no_origin_gets_its_page_uncompressed(app: Flask) -> None:
    client = a_person(app)
    client.environ_base.pop("HTTP_ORIGIN", None)
    client.environ_base.pop("HTTP_SEC_FETCH_SITE", None)
    assert not is_compressed(client.get("/me", headers=PAGE))


def test_a_program_with_a_token_gets_gzip(app: Flask) -> None:
    """No other site can make a browser send the token."""
    token = a_caller(app, "token").headers["Authorization"]
    headers = {**GZIP, "Authorization": token}
    assert is_compressed(app.test_client().get("/api/v1/jobs", headers=headers))


def test_a_guest_has_no_secret(app: Flask) -> None:
    assert is_compressed(a_browser(app).get("/classes", headers={**PAGE, **FOREIGN}))
