"""What a campus may be called in addresses and at doors. Pure."""

import re
from typing import Final

CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""The code of a campus, a space or a part of one."""
