"""Zone: the system that runs campus sports."""

import gc

# An application imports a million objects that stay. At Python's default of 700 new objects the
# garbage collector walks them again and again: 0.2 s of the 1.4 s in which a process starts.
gc.set_threshold(20_000, 10, 10)
