"""The mails of the demo, for everybody who tries it: only `zone demo` serves these pages."""

from pathlib import Path
from typing import Final

from flask import Blueprint, abort, render_template

from zone.operation.demo_mails.views import FOLDER, received_mail
from zone.web.auth import public
from zone.web.context import current_settings

demo_pages: Final = Blueprint("operation_demo_mails", __name__, template_folder="templates")
SHOWN: Final = 100


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
    path = _folder() / f"{name}.eml"
    if not name.isdecimal() or not path.exists():
        abort(404)
    return render_template(
        "operation/demo_mails/mail.html", mail=received_mail(path.stem, path.read_bytes())
    )


def _folder() -> Path:
    return current_settings().data_dir / FOLDER
