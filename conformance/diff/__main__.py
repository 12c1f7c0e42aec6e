"""`python -m conformance.diff OLD NEW`: the same as `gochat diff OLD NEW`."""

import argparse
import sys

from conformance.diff import command

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m conformance.diff", description=command.DESCRIPTION)
    command.add_arguments(parser)
    sys.exit(command.run(parser.parse_args()))
