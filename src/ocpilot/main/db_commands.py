"""`ocpilot db`: needs to know the database, and nothing else of the platform."""

import argparse
import asyncio

from ocpilot.cli import db
from ocpilot.main.on_platform import settings_of
from ocpilot.store.upkeep import Upkeep


def run_db(args: argparse.Namespace) -> int:
    """See `cli.db`."""
    return asyncio.run(db.run(args, Upkeep(settings_of(args))))
