"""Makes `python -m gochat` the same as the `gochat` command."""

import sys

from gochat.cli import main

if __name__ == "__main__":
    sys.exit(main())
