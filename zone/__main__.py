"""`python -m zone` is the command `zone`."""

from zone.cli.main import main

main()
