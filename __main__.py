"""Entry point of `attrx` and `python -m attrx`."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from .cli.app import run  # noqa: PLC0415 - importing attrx alone must stay cheap

    sys.exit(run())


if __name__ == "__main__":
    main()
