"""A service of its own process that dies by `kill -9` after it took the next receipt number.

`python -m tests.world.dying_number`, with the settings of the service in the environment.
"""

import os
import signal

from tests.world.shop import NOW
from zone.app import create_app
from zone.core.config import load_settings
from zone.core.db.transactions import writing
from zone.passes.numbering.service import next_number

if __name__ == "__main__":
    app = create_app(load_settings(os.environ))
    with app.app_context(), writing() as session:
        print(next_number(session, "web", NOW), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
