"""A process that shows what it was given, for `tests/test_quick_processes.py`."""

import atexit
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["path"]:
            print(sys.path[0])
        case ["exit"]:
            atexit.register(print, "the end")
            sys.exit(3)
        case ["error"]:
            atexit.register(print, "the end")
            1 / 0  # noqa: B018 -- the error is what is asked for
        case ["kill"]:
            atexit.register(print, "the end")
            os.kill(os.getpid(), signal.SIGKILL)
        case ["wait"]:
            print("waits", flush=True)
            time.sleep(60)
        case _:
            given = os.environ.get("ZONE_ONLY"), os.environ.get("HOME")
            print(sys.argv, *given, Path.cwd(), sys.stdin.read(), tempfile.gettempdir())
