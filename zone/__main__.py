"""`python -m zone` is the command `zone`."""

from zone.cli import main

main()
