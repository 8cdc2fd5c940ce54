"""A provider with a real store and no partner on the line."""

from pathlib import Path

import pytest

import billed
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.store.postgres import PostgresStore


class Nobody:
    """No partner and no station is ever called."""


@pytest.fixture
def provider(store: PostgresStore, tmp_path: Path) -> Platform:
    """In December 2026."""
    settings = billed.settings_of(tmp_path)
    return Platform(
        settings=settings,
        clock=lambda: billed.NOW,
        store=store,
        partners=Nobody(),
        stations=Nobody(),
        sealing=Seal(settings),
    )
