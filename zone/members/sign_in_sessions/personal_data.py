"""The tables of sign in sessions that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention

SIGN_IN: Final = Retention("until it is used or has expired", "members.sweep")

PERSONAL_DATA: Final = (PersonalData("sign_in_session", ("member_id",), retention=SIGN_IN),)
