"""`ocpilot serve`: the options of running a platform; `main` does it."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot serve --config FILE`."""
    parser = subparsers.add_parser(
        "serve",
        help="run a platform: partners, stations, drivers, operators",
        description="Runs a platform until told to stop. Without a database setting it starts its own PostgreSQL.",
        epilog="example: ocpilot serve --config platform.toml",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); see docs/settings.md")
