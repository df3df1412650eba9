"""The modules of a folder as one script, so that a page asks for one file.

Theory of operation. Each module becomes a function that is called once and returns what the module
exports; they stand in the order in which they need each other. The module with the folder's name
comes last and bare, so that it may wait at its top level. Understood is what the folders hold:
`import { a } from "./b.js"`, `import * as b from "./b.js"`, `export` before a function, class or
constant, and one `export{a as b}` at the end. Anything else stops the start of the service.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r'^import (?:\* as (\w+)|(\{[^}]*\})) from "\./([\w.-]+)";\n', re.M)
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.M)
_LIST: Final = re.compile(r"export\{([^}]*)\};?\s*\Z")
_LEFT: Final = re.compile(r"^(?:import|export)\b", re.M)


def bundle(folder: Path) -> bytes:
    """Return the modules of a folder as one script.

    Raises:
        ValueError: a module imports or exports in a way that is not understood.
    """
    sources = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.*js"))}
    entry = f"{folder.stem}.js"
    parts = [_as_function(name, sources[name]) for name in _in_order(entry, sources)]
    return "\n".join([*parts, _without_words(entry, sources[entry])]).encode()


def _in_order(entry: str, sources: Mapping[str, str]) -> list[str]:
    """Return what the entry needs, each after what it needs itself."""
    found: list[str] = []

    def visit(name: str) -> None:
        for needed in _IMPORT.finditer(sources[name]):
            if needed[3] not in found:
                visit(needed[3])
                found.append(needed[3])

    visit(entry)
    return found


def _as_function(name: str, source: str) -> str:
    exported = ", ".join(
        [*_EXPORT.findall(source), *(_renamed(names) for names in _LIST.findall(source))]
    )
    body = _without_words(name, source)
    return f"const {_name_of(name)} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def _without_words(name: str, source: str) -> str:
    """Return a module without its words `import` and `export`."""
    bare = _EXPORT.sub("", _LIST.sub("", _IMPORT.sub(_taken, source)))
    if _LEFT.search(bare):
        raise ValueError(f"{name} imports or exports in a way that is not understood")
    return bare


def _taken(found: re.Match[str]) -> str:
    names = found[1] or found[2].replace(" as ", ": ")
    return f"const {names} = {_name_of(found[3])};\n"


def _renamed(names: str) -> str:
    """Turn `e as correction, b` into the properties `correction: e, b`."""
    pairs = (name.strip().split(" as ") for name in names.split(","))
    return ", ".join(": ".join(reversed(pair)) for pair in pairs)


def _name_of(module: str) -> str:
    return "$" + re.sub(r"\W", "_", module.rpartition(".")[0])
