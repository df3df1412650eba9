"""What can go on at the demo's gym door. Pure."""

from typing import Final

FILE: Final = "gym-door"
"""In the data folder: what goes on, as chosen on the page. The demo reads it."""
USUAL: Final = "go_in"
GOINGS_ON: Final = ("go_in", "stay_out", "leave_open", "force", "go_out", "silent")
"""What people do after the door has let them in; what somebody does once; and a dead board."""
