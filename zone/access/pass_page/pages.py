"""The pass page, an app that works offline, and a printed code for people without a phone."""

from pathlib import Path
from typing import Final

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    make_response,
    render_template,
    url_for,
)

from zone.core.identity import Permission
from zone.core.service_profile import queries as service_profile_queries
from zone.web.auth import current_actor, may, public
from zone.web.context import current_settings
from zone.web.images import icon_png, logo_icon_png, qr_png
from zone.web.language import locale
from zone.web.read_connection import read_connection
from zone.web.service_profile import current_profile
from zone.web.static_files import files_of

pages = Blueprint("access_pass_page_pages", __name__, template_folder="templates")

PARTS: Final = Path(__file__).parent / "static"
PARTS_NAME: Final = "pass"
"""The name of that folder below `/static/<digest>/`."""

SCRIPT: Final = "pass/pass.mjs"
# What the pass page, and the others as last seen, need offline.
KEPT: Final = (SCRIPT, "zone.css", "icons.svg", "logo.svg", "figtree-latin-wght-normal.woff2")

ICON_SIDES: Final = (180, 192, 512)

# The prefix of a printed code, which proves nothing: it names the person whom the desk looks up and
# recognises. Doors refuse it as malformed.
POINTER_PREFIX: Final = "ZP"


@pages.get("/pass")
@may(Permission.OWN_ACCOUNT)
def show() -> str:
    """Show the pass page."""
    # Without personal data: the phone's service worker keeps a copy of the page for offline use.
    return render_template(
        "access/pass_page/pass.html",
        locale=locale().replace("_", "-"),
        # A demo of another day is off on purpose, and no phone is wrong.
        says_clock_is_off=not current_settings().clock_shift,
    )


@pages.get("/pass/printed")
@may(Permission.OWN_ACCOUNT)
def printed() -> str:
    """Show the printed code as a page to print."""
    return render_template("access/pass_page/printed.html")


@pages.get("/pass/printed.png")
@may(Permission.OWN_ACCOUNT)
def printed_png() -> Response:
    """Return the printed code as a PNG image."""
    return Response(qr_png(pointer_text(current_actor().public_id.hex)), mimetype="image/png")


def pointer_text(public_id_hex: str) -> str:
    """Return the text of a person's printed code: `ZP` and their public id in upper case."""
    return POINTER_PREFIX + public_id_hex.upper()


@pages.get("/pass/sw.js")
@public
def worker() -> Response:
    """Return the service worker, with the list and version of the files that it keeps."""
    files = files_of(current_app)
    text = render_template(
        "access/pass_page/sw.js",
        version=f"zone-pass-{files.digest}",
        seen=f"zone-seen-{files.digest}",
        base=files.base,
        parts=kept_parts(),
    )
    response = make_response(text)
    response.mimetype = "text/javascript"
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/offline")
@public
def offline() -> str:
    """Say that a page needs the internet: the service worker keeps this one for then."""
    return render_template("access/pass_page/offline.html")


@pages.get("/pass/icon-<int:side>.png")
@public
def icon(side: int) -> Response:
    """Return the app's icon for a home screen."""
    if side not in ICON_SIDES:
        abort(404)
    digest = current_profile().logo_digest
    logo = None if digest is None else service_profile_queries.logo(read_connection(), digest)
    png = icon_png(side) if logo is None else logo_icon_png(side, logo)
    return Response(png, mimetype="image/png", headers={"Cache-Control": "public, max-age=86400"})


@pages.get("/pass/manifest.webmanifest")
@public
def manifest() -> Response:
    """Return the web app manifest, by which a phone puts the service on its home screen."""
    icons = [
        {"src": f"/pass/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        for side in ICON_SIDES
    ]
    response = jsonify(
        id="/pass",
        name=current_profile().name,
        short_name=current_profile().short_name,
        start_url="/pass",
        scope="/",
        display="standalone",
        background_color="#0a3b31",
        theme_color="#0a3b31",
        icons=[*icons, icons[-1] | {"purpose": "maskable"}],
    )
    response.mimetype = "application/manifest+json"
    return response


def kept_parts() -> list[str]:
    """Return the addresses of the files that the app needs offline, besides the page itself."""
    profile = current_profile()
    parts = [url_for("static", filename=name) for name in KEPT]
    if profile.own_accent:
        parts.append(url_for("colours", accent=profile.own_accent))
    if profile.logo_digest:
        parts.append(url_for("logo", digest=profile.logo_digest))
    return parts
