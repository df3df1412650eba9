"""Secrets that a provider gave us, in files of the folder of keys; never in the database.

`paytrail.key` is followed by `paytrail.2.key` and so on: the newest signs, all verify.
"""

from contextlib import suppress
from pathlib import Path

from zone.core import secrets


def provider_secrets(folder: Path, name: str) -> tuple[bytes, ...]:
    """Return the secrets of a name, the newest first; none where no file can be read."""
    found = []
    for _, path in sorted(secrets.secret_files(folder, name).items(), reverse=True):
        with suppress(OSError):  # the doctor names it
            # An editor ends the line.
            found.append(path.read_bytes().strip())
    return tuple(secret for secret in found if secret)
