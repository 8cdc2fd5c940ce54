"""`ocpilot serve`: the options of running a platform; `main` does it."""

import argparse
from pathlib import Path

#: What a process can do: OCPI and the JSON API; pushes and web hooks; stations; pages; what is due, pulls and compares.
PARTS = ("api", "push", "ocpp", "web", "jobs")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot serve --config FILE [--only PART]...`."""
    parser = subparsers.add_parser(
        "serve",
        help="run a platform: partners, stations, drivers, operators",
        description="Runs a platform until told to stop. Without a database setting it starts its own PostgreSQL. "
        "Several processes on one database share the work.",
        epilog="example: ocpilot serve --only ocpp --config platform.toml",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); see docs/settings.md")
    parser.add_argument(
        "--only",
        action="append",
        choices=PARTS,
        metavar="PART",
        help=f"only this, may be repeated: {', '.join(PARTS)}",
    )


def parts_of(args: argparse.Namespace) -> frozenset[str]:
    """What this process is to do."""
    return frozenset(args.only or PARTS)
