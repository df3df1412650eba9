"""What must hold of changed words of mails, recounted by `zone doctor`."""

from typing import Final

from zone.core.invariants import Invariant
from zone.core.mail_words.queries import count_unfit_words

INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "mail_words",
        "words that managers have changed fit their mails",
        count_unfit_words,
        "An upgrade has changed what these mails know. They are sent in the built-in words; look "
        "at them on the page /manage/mails, and save the words again.",
    ),
)
