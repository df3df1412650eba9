"""The tables of sign in that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.members.sign_in_sessions.personal_data import SIGN_IN

PERSONAL_DATA: Final = (PersonalData("sign_in_code", ("email",), retention=SIGN_IN),)
