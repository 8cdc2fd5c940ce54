"""`ocpilot mock` is told what it plays."""

import asyncio

import pytest

from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli import mock as command
from ocpilot.main.commands import parser


class FakeMocks:
    """Remembers what it was told."""

    def __init__(self):
        self.told = []

    def faults(self):
        return []

    async def serve(self, options, say):
        self.told.append(options)


def told(*words):
    mocks = FakeMocks()
    assert asyncio.run(command.run(parser().parse_args(["mock", *words]), mocks)) == 0
    return mocks.told[0]


def test_it_plays_the_party_it_is_told_or_the_usual_one():
    assert told("--role", "emsp", "--party", "SE/FEL").party == PartyId("SE", "FEL")
    assert told("--role", "emsp").party is None


def test_a_party_that_is_none_is_explained():
    with pytest.raises(UserError, match="--party: 'FEL' is no party such as SE/LAD"):
        told("--party", "FEL")
