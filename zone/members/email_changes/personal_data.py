"""The tables of email changes that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.members.sign_in_sessions.personal_data import SIGN_IN

PERSONAL_DATA: Final = (PersonalData("email_change", ("member_id", "email"), retention=SIGN_IN),)
