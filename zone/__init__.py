"""Zone: the system that runs campus sports."""

import atexit
import gc

# An application imports a million objects that stay. At Python's default of 700 new objects the
# garbage collector walks them again and again: 0.2 s of the 1.4 s in which a process starts.
gc.set_threshold(20_000, 10, 10)

# At its end Python would walk them all once more, to free what the system frees anyway: 0.35 s of
# the 1.5 s that a short command takes.
atexit.register(gc.freeze)
