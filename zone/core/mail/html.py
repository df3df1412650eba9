"""The HTML part of a mail, made from its text part. It has one layout and loads nothing.

Paragraphs stay paragraphs. A web address on a line of its own becomes a button.
"""

import re
from html import escape
from pathlib import Path
from string import Template
from typing import Final

LAYOUT: Final = Template(Path(__file__).with_name("mail_layout.html").read_text("utf-8"))
OPEN: Final = {"fi": "Avaa sivu", "sv": "Öppna sidan", "en": "Open the page"}
# A line of at least so many characters was broken for its width, so it is joined with the next one;
# after a shorter line the break stays.
FULL_LINE: Final = 50

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"']+")
_PARAGRAPH: Final = '<p style="margin:0 0 16px">{}</p>'
_LINK: Final = '<a href="{0}" style="color:#0b5d3b">{0}</a>'
_BUTTON: Final = (
    '<p style="margin:0 0 16px"><a href="{}" style="display:inline-block;padding:12px 20px;'
    "border-radius:8px;background:#0b5d3b;color:#ffffff;font-weight:600;"
    'text-decoration:none">{}</a></p>'
)


def html_of(text: str, *, title: str, language: str, service: str) -> str:
    """The HTML document of a mail of a service with this text; all of it is escaped."""
    paragraphs = [part.splitlines() for part in re.split(r"\n\s*\n", text.strip())]
    blocks = [block for lines in paragraphs for block in _blocks(lines, language)]
    return LAYOUT.substitute(
        language=escape(language),
        title=escape(title),
        service=escape(service),
        blocks="\n".join(blocks),
    )


def _blocks(lines: list[str], language: str) -> list[str]:
    """The HTML of a paragraph, split at addresses on lines of their own."""
    blocks, words = [], list[str]()
    for line in lines:
        if not _ADDRESS.fullmatch(line.strip()):
            words.append(line)
            continue
        blocks += [
            *_prose(words),
            _BUTTON.format(escape(line.strip()), OPEN.get(language, OPEN["en"])),
        ]
        words = []
    return blocks + _prose(words)


def _prose(lines: list[str]) -> list[str]:
    if not lines:
        return []
    joined = "".join(
        _linked(line) + (" " if len(line) >= FULL_LINE else "<br>\n") for line in lines
    )
    return [_PARAGRAPH.format(joined.removesuffix("<br>\n").rstrip())]


def _linked(line: str) -> str:
    """The HTML of a line, with its addresses as links."""
    html, end = "", 0
    for match in _ADDRESS.finditer(line):
        # Punctuation at the end belongs to the sentence, not to the address.
        address = match[0].rstrip(".,;:!?)")
        html += escape(line[end : match.start()]) + _LINK.format(escape(address))
        end = match.start() + len(address)
    return html + escape(line[end:])
