"""Refusals of changed words."""

from typing import Final

from zone.core.errors import declare

MAIL_WORDS_UNFIT: Final = declare(
    "mail_words_unfit",
    422,
    "These words do not fit the mail. Look at what is said beside them.",
)
