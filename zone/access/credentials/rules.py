"""The name by which a person knows a phone that holds their pass. Pure."""

import re
from typing import Final

from zone.members.sign_in_sessions.rules import browser_name

_PLATFORMS: Final = (
    ("Android", r"Linux (arm|aarch64)"),
    ("Linux", r"Linux "),
    ("Windows", r"Win\d"),
    ("macOS", r"Mac(Intel|PPC|\w*ARM)"),
)
"""What browsers call what they run on, in labels of before the server named phones."""


def name_by_browser(user_agent: str) -> str:
    """Return the name of a phone whose User-Agent header this is: `Chrome, Android`."""
    name = browser_name(user_agent)
    return ", ".join(part for part in (name.browser, name.system) if part)


def phone_name(label: str) -> str:
    """Return the name of a phone with this label; empty: it has none."""
    return next((name for name, form in _PLATFORMS if re.match(form, label)), label)
