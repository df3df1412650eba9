"""Fuzz a target with atheris: `python -m tests.firmware_bridge.fuzz TARGET [-runs=5000000 …]`.

Further arguments are those of libFuzzer. It needs `pip install atheris` (Python 3.11 to 3.13).
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

# Not among the requirements: it is 35 MB, and built for few versions of Python.
atheris: Any = importlib.import_module("atheris")

with atheris.instrument_imports(include=["firmware_bridge"]):
    from firmware_bridge.devices import modbus
    from tests.firmware_bridge.fuzz.targets import TARGETS, quick_crc16


def main(name: str, options: list[str]) -> None:
    target = TARGETS[name]
    setattr(modbus, "crc16", quick_crc16)  # noqa: B010 -- mypy refuses assignment
    with tempfile.TemporaryDirectory() as folder:
        for number, begin in enumerate(target.begin):
            (Path(folder) / str(number)).write_bytes(begin)
        atheris.Setup([sys.argv[0], folder, "-max_len=1024", *options], target.run)
        atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    main(sys.argv[1], sys.argv[2:])
