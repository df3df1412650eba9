"""Messages about invalid fields, in the reader's language.

The sentences of marshmallow, and those of ours that name a number, are replaced when the response
is written. Any other sentence of our own schemas stands in the catalogues as it is.
"""

import re
from typing import Any, Final

from zone.core.i18n import translatable, translate

# Dates and times as forms and the API take them, not as pages show them.
_RULES: Final[tuple[tuple[str, str], ...]] = (
    (r"Missing data for required field\.", translatable("Fill this in.")),
    (r"Field may not be null\.", translatable("This cannot be empty.")),
    (r"Unknown field\.", translatable("There is no such field. Leave it out.")),
    (r"Invalid input type\.", translatable("Give an object here.")),
    (r"Not a valid mapping type\.", translatable("Give an object here.")),
    (r"Invalid value\.", translatable("This value is not possible here.")),
    (r"Not a valid string\.", translatable("Give a text here.")),
    (r"Not a valid integer\.", translatable("Give a whole number.")),
    (r"Not a valid number\.", translatable("Give a number.")),
    (r"Not a valid boolean\.", translatable("Give true or false.")),
    (
        r"Not a valid (?:aware |naive )?datetime\.",
        translatable("Give a date and time, for example 2026-09-22T14:30:00Z."),
    ),
    (r"Not a valid date\.", translatable("Give a day, for example 2026-09-22.")),
    (r"Not a valid time\.", translatable("Give a time, for example 17:30.")),
    (r"Not a valid UUID\.", translatable("Give an id as the service writes it (a UUID).")),
    (r"Not a valid list\.", translatable("Give a list.")),
    (r"Shorter than minimum length (\S+)\.", translatable("Too short: at least {0}.")),
    (r"Longer than maximum length (\S+)\.", translatable("Too long: at most {0}.")),
    (r"Length must be between (\S+) and (\S+)\.", translatable("The length has to be {0}–{1}.")),
    (r"Length must be (\S+)\.", translatable("The length has to be {0}.")),
    (
        r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.",
        translatable("This has to be between {0} and {1}."),
    ),
    (
        r"Must be greater than or equal to (\S+) and less than (\S+)\.",
        translatable("This has to be at least {0} and less than {1}."),
    ),
    (r"Must be greater than or equal to (\S+)\.", translatable("This has to be at least {0}.")),
    (r"Must be less than or equal to (\S+)\.", translatable("This can be at most {0}.")),
    (r"Must be one of: (.+)\.", translatable("Choose one of these: {0}.")),
    (r"Must be in the years (\S+) to (\S+)\.", translatable("The year has to be {0}–{1}.")),
    (r"Must be between (\S+) and (\S+)\.", translatable("This has to be between {0} and {1}.")),
    (
        r"At most (\S+) days, the first one first\.",
        translatable("Choose at most {0} days, the first one first."),
    ),
    (
        r"String does not match expected pattern\.",
        translatable("This is not in the right form."),
    ),
)
WORDS: Final = tuple((re.compile(pattern), ours) for pattern, ours in _RULES)


def in_language(fault: Any, language: str) -> Any:
    """Return the same tree of fields with its sentences in `language`."""
    if isinstance(fault, dict):
        return {name: in_language(part, language) for name, part in fault.items()}
    if isinstance(fault, list):
        return [in_language(part, language) for part in fault]
    return _sentence(fault, language) if isinstance(fault, str) else fault


def _sentence(english: str, language: str) -> str:
    for pattern, ours in WORDS:
        found = pattern.fullmatch(english)
        if found:
            return translate(ours, language).format(*found.groups())
    return translate(english, language)
