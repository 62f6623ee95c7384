"""Start the command line: `python -m hypervisor`."""

from .shell.commands import main

main()
