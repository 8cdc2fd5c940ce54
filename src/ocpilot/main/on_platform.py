"""Commands that work on a platform: it is opened for them, as the settings say, and closed after them."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from ocpilot.app.platform import Platform
from ocpilot.base import settings as settings_file
from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import Settings
from ocpilot.main.joined import open_platform


def on_platform(work: Callable[[argparse.Namespace, Platform], Awaitable[int]]) -> Callable[[argparse.Namespace], int]:
    """The command whose work this is."""

    async def opened(args: argparse.Namespace, settings: Settings) -> int:
        async with open_platform(settings) as platform:
            return await work(args, platform)

    return lambda args: asyncio.run(opened(args, settings_of_platform(args)))


def settings_of(args: argparse.Namespace) -> Settings:
    """What `--config` names, and the environment."""
    return settings_file.load(Path(args.config) if args.config else None)


def settings_of_platform(args: argparse.Namespace) -> Settings:
    """The same where it must be said who the platform is; SettingsError when it is not."""
    settings = settings_of(args)
    if not settings.parties:
        used = args.config or "no settings file was named (--config FILE), and the environment"
        raise SettingsError(f"{used}: found no [[parties]], expected at least one, see docs/settings.md")
    return settings
