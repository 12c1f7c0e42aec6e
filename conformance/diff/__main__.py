"""`python -m conformance.diff OLD NEW`: the same as `gochat diff OLD NEW`."""

import argparse
import sys

from conformance.diff.command import DESCRIPTION, add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m conformance.diff", description=DESCRIPTION)
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
