"""Mail texts: one Jinja template `zone/<feature>/<leaf>/mail/<name>.jinja` gives both parts.

It extends `layout.jinja` and builds its body from the macros of `parts.jinja`. There are two of
each, in `layouts/text` and `layouts/html`. In HTML every value is escaped, in text none is; in both
a value stays in its line. A template is named `<feature>/<name>`.

Managers may change its words. A part that is more than words, or depends on a value, is wrapped in
the filter `block`: changed words name it in braces, and it comes from the template as before. Such
a part stands between private characters until the mail is put together; a value cannot bring them
along, because `in_one_line` drops those.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, FunctionLoader, StrictUndefined, Template
from jinja2.loaders import ChoiceLoader
from markupsafe import Markup

from zone.core.i18n import LANGUAGES, translations
from zone.core.mail.kinds import KINDS
from zone.core.text import clean_text

PACKAGE: Final = Path(__file__).parents[2]
LAYOUTS: Final = Path(__file__).with_name("layouts")
# Stands for the address of the service, which the delivery knows. A character of private use: no
# value can bring it along, because `in_one_line` drops those.
BASE_URL: Final = "\ue000"
_BEGIN, _NAMED, _END, _PART = "\ue001", "\ue002", "\ue003", "\ue004"
_BLOCK_EDGES: Final = re.compile(f"{_BEGIN}[a-z_]+{_NAMED}|{_END}")
PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[a-z_]+)\}")
"""A name in braces, or a doubled brace, which stands for one."""
_SPACES: Final = re.compile(r"[ \t\r\n\f\v]+")
_GAPS: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail as its recipient reads it; `BASE_URL` stands where an address of the service is."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a mail with its placeholders in braces, as managers see and change them."""

    subject: str
    title: str
    body: str


@cache
def find_templates() -> Mapping[str, Path]:
    """Every template by its name `<feature>/<name>`."""
    files = sorted(PACKAGE.glob("*/*/mail/*.jinja"))
    return {f"{file.relative_to(PACKAGE).parts[0]}/{file.stem}": file for file in files}


def render(template: str, language: str, params: Mapping[str, Any]) -> MailText:
    """Return a mail in a language; English for an unknown one.

    Raises:
        FileNotFoundError: there is no such template.
        jinja2.UndefinedError: it names a value that is not in `params`.
    """
    text, html, values = _prepare(template, language, params)
    subject = clean_text(_subject_of(text, values))
    return _mail_text(subject, text.render(values), html.render({**values, "subject": subject}))


def render_words(
    template: str,
    language: str,
    params: Mapping[str, Any],
    words: Wording,
) -> MailText:
    """Return a declared mail in changed words, which name its values and parts in braces."""
    lines = {name for name, value in KINDS[template].values.items() if value.lines}
    text, html, values = _prepare(template, language, params)
    shown = {name: _shown(value, name in lines) for name, value in values.items()}
    subject = clean_text(expand(words.subject, shown))
    title = clean_text(expand(words.title, shown))
    parts = []
    for kind, built_in in (("text", text), ("html", html)):
        blocks = _blocks(built_in.render({**values, "subject": subject}))
        body = [_paragraph(one, shown, blocks) for one in words.body.split("\n\n")]
        changed = _environment(kind, values["language"]).get_template("changed.jinja")
        mail = {"subject": subject, "changed_title": title, "paragraphs": list(filter(None, body))}
        parts.append(changed.render({**values, **mail}))
    return _mail_text(subject, *parts)


@cache
def built_in_words(template: str, language: str) -> Wording:
    """Return what a declared mail says, with its placeholders in braces."""
    kind = KINDS[template]
    values = {**kind.samples(language), **{name: f"{{{name}}}" for name in kind.values}}
    text, _, known = _prepare(template, language, {**values, "service": "{service}"})
    words = _environment("words", language).get_template(template)
    title, _, body = words.render(known).partition(_PART)
    for name, content in _outer_blocks(body):
        body = body.replace(f"{_BEGIN}{name}{_NAMED}{content}{_END}", f"{{{name}}}\n\n", 1)
    paragraphs = [one.strip() for one in re.split(r"\n\s*\n", body) if one.strip()]
    return Wording(clean_text(_subject_of(text, known)), clean_text(title), "\n\n".join(paragraphs))


def _prepare(
    template: str, language: str, params: Mapping[str, Any]
) -> tuple[Template, Template, dict[str, Any]]:
    if template not in find_templates():
        raise FileNotFoundError(f"no mail text {template}")
    known = language if language in LANGUAGES else "en"
    text, html = (_environment(kind, known).get_template(template) for kind in ("text", "html"))
    return text, html, {**params, "language": known, "base_url": BASE_URL}


def _subject_of(template: Template, values: Mapping[str, Any]) -> str:
    return "".join(template.blocks["subject"](template.new_context(dict(values))))


def _mail_text(subject: str, text: str, html: str) -> MailText:
    # A line break in a name would begin another header, so the subject is one line by here.
    text, html = (_BLOCK_EDGES.sub("", part) for part in (text, html))
    return MailText(subject, _GAPS.sub("\n\n", text).strip() + "\n", html)


def _outer_blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and content of each block that is in no other one."""
    depth, begin, name = 0, 0, ""
    for edge in _BLOCK_EDGES.finditer(text):
        if edge.group() == _END:
            depth -= 1
            if depth == 0:
                yield name, text[begin : edge.start()]
        else:
            if depth == 0:
                begin, name = edge.end(), edge.group()[1:-1]
            depth += 1


def _blocks(text: str) -> dict[str, Markup]:
    # Of the product's own template, in which every value is escaped where it must be.
    return {name: Markup(content) for name, content in _outer_blocks(text)}  # noqa: S704


def _shown(value: object, keeps_lines: bool) -> str:
    lines = str(value).splitlines() if keeps_lines else [str(value)]
    return "\n".join(in_one_line(line) for line in lines)


def _paragraph(text: str, values: Mapping[str, str], blocks: Mapping[str, Markup]) -> Markup | str:
    """Return a block of the template, or a paragraph as plain text; empty: there is nothing."""
    name = text.strip().removeprefix("{").removesuffix("}")
    if text.strip() == f"{{{name}}}" and name in blocks:
        return blocks[name] if _BLOCK_EDGES.sub("", blocks[name]).strip() else ""
    return expand(text, values).strip()


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its placeholders replaced, once: braces of a value stay as they are.

    Raises:
        KeyError: it names a value that is not there.
    """
    return PLACEHOLDER.sub(
        lambda found: values[found["name"]] if found["name"] else found.group()[0], text
    )


@cache
def _environment(kind: str, language: str) -> Environment:
    # The words for managers are those of the text part, in a layout of their own.
    folders = [LAYOUTS / kind, LAYOUTS / "text", LAYOUTS]
    loader = ChoiceLoader([FunctionLoader(_load), FileSystemLoader(folders)])
    # Only the HTML part is escaped: in plain text `&amp;` would be read as it stands.
    environment = Environment(
        loader=loader,
        autoescape=kind == "html",  # noqa: S701 -- the other part is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["in_one_line"] = in_one_line
    environment.filters["block"] = _as_block
    environment.globals["between_parts"] = _PART
    return environment


def _as_block(content: str, name: str) -> str:
    """Name a part of a template, so that changed words can say where it stands."""
    edged = f"{_BEGIN}{name}{_NAMED}{content}{_END}"
    return Markup(edged) if isinstance(content, Markup) else edged  # noqa: S704 -- it was escaped


def _load(name: str) -> str | None:
    file = find_templates().get(name)
    return None if file is None else file.read_text("utf-8")


def in_one_line(value: object) -> str:
    """The text in one line, without control, format and private characters; no-break and thin
    spaces stay.

    A name with a line break could write a paragraph of its own, and one with a right-to-left
    override could turn round the words behind it.
    """
    text = str(value)
    if not text.isprintable():
        text = "".join(" " if _breaks(c) else c for c in text)
    line = _SPACES.sub(" ", text).strip()
    return Markup(line) if isinstance(value, Markup) else line  # noqa: S704 -- it was escaped before


def _breaks(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"
