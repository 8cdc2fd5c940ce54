"""`ocpilot demo`, which opens the databases of both its platforms."""

import argparse
import asyncio

from ocpilot.demo import command
from ocpilot.main.joined import open_platform


def run_demo(args: argparse.Namespace) -> int:
    """See `demo.command`."""
    return asyncio.run(command.run(args, open_platform))
