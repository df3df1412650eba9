"""Reads tables of the settings strictly; each error names the setting and says what is needed."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Value = TypeVar("Value", bound=int | str)


class ConfigError(Exception):
    """The settings are unusable; the text names the setting and says why."""


class SettingsTable:
    """One TOML table and its path for error messages. Each method reads one setting."""

    def __init__(self, raw: object, where: str, known: set[str]) -> None:
        if not isinstance(raw, Mapping):
            raise ConfigError(f"{where}: a table is needed")
        unknown = sorted(set(raw) - known)
        self.raw, self._where = raw, f"{where}." if where else ""
        if unknown:
            raise ConfigError(
                f"{self._where}{unknown[0]}: no such setting (known: {', '.join(sorted(known))})"
            )

    def text(self, name: str) -> str:
        value = self.raw.get(name)
        # No path or address has a NUL, and the system refuses it in its own way.
        if not isinstance(value, str) or not value or "\0" in value:
            raise self.error(name, "a text is needed")
        return value

    def checked(self, name: str, read: Callable[[str], str]) -> str:
        try:
            return read(self.text(name))
        except ValueError as error:
            raise self.error(name, str(error)) from error

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.raw.get(name, default)
        # TOML has true and false, and in Python they are ints.
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not least <= value <= most
        ):
            raise self.error(name, f"a number from {least} to {most} is needed")
        return float(value)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.number(name, default, least, most)
        if value != int(value):
            raise self.error(name, "a whole number is needed")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.raw.get(name, default)
        if not isinstance(value, bool):
            raise self.error(name, "true or false is needed")
        return value

    def one_of(self, name: str, default: Value, known: Sequence[Value]) -> Value:
        value = self.raw.get(name, default)
        # `True` is 1 in Python, and no number in TOML.
        if value not in known or isinstance(value, bool):
            raise self.error(name, f"one of {', '.join(map(str, known))} is needed")
        return next(one for one in known if one == value)

    def characters(self, name: str, default: bytes) -> bytes:
        """Read bytes from a text with one character for each, such as "\\u0002"."""
        value = self.raw.get(name, default.decode("latin-1"))
        if not isinstance(value, str) or max(value, default="") > "\xff":
            raise self.error(name, "a text of characters up to \\u00ff is needed")
        return value.encode("latin-1")

    def error(self, name: str, what: str) -> ConfigError:
        """The error that says what is wrong with a setting."""
        return ConfigError(f"{self._where}{name}: {what}")
