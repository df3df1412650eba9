"""Speed up making applications in tests, without changing what they do.

Each test has an application of its own. Werkzeug writes and compiles two functions for each of two
hundred addresses when an application is made, of which a test uses a few; Jinja compiles the same
templates for each of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

Builder = Callable[..., Any]


def keep(folder: Path) -> None:
    """Keep compiled templates in `folder` for later applications."""
    Flask.jinja_options = {
        **Flask.jinja_options,
        "bytecode_cache": FileSystemBytecodeCache(str(folder)),
    }


def compile_addresses_when_used() -> None:
    """Compile the function that builds an address at its first use."""
    write: Any = Rule._compile_builder

    def later(_rule: Rule, append_unknown: bool = True) -> Builder:
        written: list[Builder] = []

        def build(self: Rule, /, **values: Any) -> Any:
            if not written:
                written.append(write(self, append_unknown))
            return written[0](self, **values)

        return build

    Rule._compile_builder = later  # type: ignore[assignment,method-assign]  # the same function, later
