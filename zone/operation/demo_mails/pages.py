"""The mails of the demo, for everybody who tries it: only `zone demo` serves these pages.

The HTML part of a mail is a page of its own in a frame. It may use its own styles, which the pages
of the service may not, and nothing else: no script, no form, nothing from another address.
"""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, render_template

from zone.operation.demo_mails.views import FOLDER, ReceivedMail, received_mail
from zone.web.auth import public
from zone.web.context import current_settings

demo_pages: Final = Blueprint("operation_demo_mails", __name__, template_folder="templates")
SHOWN: Final = 100
FRAME_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)


@demo_pages.get("/demo/mails")
@public
def mails() -> str:
    """The newest mails, the last one first."""
    found = sorted(_folder().glob("*.eml"), reverse=True)[:SHOWN]
    return render_template(
        "operation/demo_mails/mails.html",
        mails=[received_mail(path.stem, path.read_bytes()) for path in found],
    )


@demo_pages.get("/demo/mails/<name>")
@public
def mail(name: str) -> str:
    """One mail."""
    return render_template("operation/demo_mails/mail.html", mail=_found(name))


@demo_pages.get("/demo/mails/<name>/html")
@public
def mail_html(name: str) -> Response:
    """The HTML part of a mail, for the frame of its page; a link in it opens outside the frame."""
    html = _found(name).html.replace("<head>", '<head><base target="_top">', 1)
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": FRAME_POLICY})


def _found(name: str) -> ReceivedMail:
    path = _folder() / f"{name}.eml"
    if not name.isdecimal() or not path.exists():
        abort(404)
    return received_mail(path.stem, path.read_bytes())


def _folder() -> Path:
    return current_settings().data_dir / FOLDER
