"""The tables of tokens that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("api_token", ("owner_id",), reason="who answers for what a program did"),
)
