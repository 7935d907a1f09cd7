"""``python -m smsd``: the same as the command `smsd`."""

from smsd.cli import main

main()
