"""Makes `python -m conformance.broken_servers NAME` run a broken server."""

import sys

from conformance.broken_servers.serve import main

if __name__ == "__main__":
    sys.exit(main())
