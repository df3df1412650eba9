"""The switch by which everybody who tries the demo lets something go wrong at its gym door."""

from typing import Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from zone.operation.demo_door.rules import FILE, GOINGS_ON, USUAL
from zone.web import one_time
from zone.web.auth import public
from zone.web.context import current_settings

demo_pages: Final = Blueprint("operation_demo_door", __name__, template_folder="templates")


@demo_pages.get("/demo/door")
@public
def door() -> str:
    """The switch, at what goes on now."""
    words = {
        "go_in": _("People go in when the door lets them in"),
        "stay_out": _("Nobody goes in: the visit is taken back"),
        "leave_open": _("Who goes in leaves the door open: an alarm after 30 seconds"),
        "force": _("Somebody breaks the door open, once: an alarm"),
        "go_out": _("Somebody leaves by the exit button, once: no alarm"),
        "silent": _("The board of the lock is dead: the door lets nobody in, and says why"),
    }
    return render_template(
        "operation/demo_door/door.html",
        choices=[(name, words[name]) for name in GOINGS_ON],
        chosen=chosen(),
        done=one_time.done(),
    )


@demo_pages.post("/demo/door")
@public
def set_door() -> Response:
    """Let something else go on at the door."""
    name = request.form.get("goes_on", "")
    if name in GOINGS_ON:
        (current_settings().data_dir / FILE).write_text(name, encoding="utf-8")
    return redirect("/demo/door?done=set", 303)


def chosen() -> str:
    """Return what goes on at the door, as it was chosen last."""
    file = current_settings().data_dir / FILE
    name = file.read_text(encoding="utf-8") if file.exists() else USUAL
    return name if name in GOINGS_ON else USUAL
