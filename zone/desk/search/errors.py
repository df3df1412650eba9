"""What a search of the desk refuses."""

from zone.core.errors import declare

WORDS_TOO_SHORT = declare(
    "words_too_short",
    422,
    "Type at least two characters of the name, the e-mail address or the receipt number.",
    fields=("words",),
)
