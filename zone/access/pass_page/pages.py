"""The pass page: a small app that works offline, its parts, and a pointer code on paper for those without a phone."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    make_response,
    render_template,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _

from zone.core.identity import Permission
from zone.web.auth import current_actor, may, public
from zone.web.images import icon_png, qr_png
from zone.web.language import locale

pages = Blueprint(
    "access_pass_page_pages", __name__, url_prefix="/pass", template_folder="templates"
)

PARTS: Final = Path(__file__).parent / "static"
STATIC: Final = Path(__file__).parents[2] / "web" / "static"
SHARED: Final = ("app.css", "icons.svg", "logo.svg", "figtree-latin-wght-normal.woff2")
"""Parts of every page that the pass needs offline too."""

ICON_SIDES: Final = (180, 192, 512)
POINTER_PREFIX: Final = "ZP"
"""A printed code begins so. Doors refuse it as malformed, whatever follows: it proves nothing and only names whom the
desk should look up and recognise."""


@pages.get("")
@may(Permission.OWN_ACCOUNT)
def show() -> str:
    """The page of the pass. It holds no personal data, since the phone keeps a copy for use without a network."""
    return render_template(
        "access/pass_page/pass.html", locale=locale().replace("_", "-"), version=version()
    )


@pages.get("/printed")
@may(Permission.OWN_ACCOUNT)
def printed() -> str:
    """The pointer code as a page to print."""
    return render_template("access/pass_page/printed.html")


@pages.get("/printed.png")
@may(Permission.OWN_ACCOUNT)
def printed_png() -> Response:
    """The pointer code as a picture."""
    return Response(qr_png(pointer_text(current_actor().public_id.hex)), mimetype="image/png")


def pointer_text(public_id_hex: str) -> str:
    """What the printed code of a person says: `ZP` and their public id."""
    return POINTER_PREFIX + public_id_hex.upper()


@pages.get("/sw.js")
@public
def worker() -> Response:
    """The service worker, with the list and the version of what it keeps."""
    text = render_template(
        "access/pass_page/sw.js", version=f"zone-pass-{version()}", parts=kept_parts()
    )
    response = make_response(text)
    response.mimetype = "text/javascript"
    response.headers["Service-Worker-Allowed"] = "/pass"
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/app/<tag>/<name>")
@public
def part(tag: str, name: str) -> Response:
    """A module or style of the app. The version stands in the address, so that old and new never mix."""
    if tag != version():
        abort(404)
    response = send_from_directory(PARTS, name)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@pages.get("/icon-<int:side>.png")
@public
def icon(side: int) -> Response:
    """The app's icon on a home screen."""
    if side not in ICON_SIDES:
        abort(404)
    return Response(
        icon_png(side), mimetype="image/png", headers={"Cache-Control": "public, max-age=86400"}
    )


@pages.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What the phone needs to know to put Zone on its home screen."""
    icons = [
        {"src": f"/pass/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        for side in ICON_SIDES
    ]
    response = jsonify(
        id="/pass",
        name=_("Zone campus sports"),
        short_name="Zone",
        start_url="/pass",
        scope="/",
        display="standalone",
        background_color="#0a3b31",
        theme_color="#0a3b31",
        icons=[*icons, icons[-1] | {"purpose": "maskable"}],
    )
    response.mimetype = "application/manifest+json"
    return response


@lru_cache(maxsize=1)
def version() -> str:
    """Changes when a part that phones keep changes."""
    digest = sha256()
    for path in [*sorted(PARTS.iterdir()), *(STATIC / name for name in SHARED)]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def kept_parts() -> list[str]:
    """Everything besides the page itself that the app needs without a network."""
    own = [path.name for path in sorted(PARTS.iterdir()) if path.suffix in {".js", ".mjs", ".css"}]
    return [url_for("access_pass_page_pages.part", tag=version(), name=name) for name in own] + [
        url_for("static", filename=name) for name in SHARED
    ]
