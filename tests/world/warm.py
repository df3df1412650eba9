"""Speed up making applications and passwords in tests, without changing what they do.

Each test has an application of its own. Werkzeug writes and compiles two functions for each of two
hundred addresses when an application is made, of which a test uses a few; Jinja compiles the same
templates for each of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from zone.members.passwords import service as passwords

Builder = Callable[..., Any]
HASHER_OF_THE_PRODUCT: Final = passwords.HASHER


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


def hash_passwords_cheaply() -> None:
    """Hash passwords by argon2 as ever, with little memory and one pass."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords.HASHER = cheap  # type: ignore[misc]  # Final in the product
