"""`ocpilot simulate` against a running platform: whatever goes wrong, the CDRs are what really flowed."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from ocpilot.app.ocpi.bodies import value_of
from ocpilot.demo import people
from ocpilot.demo.pair import eventually
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

#: A card charges at one place at a time.
CARDS = {"STHLM-CENTRAL": people.DRIVERS[0].card, "GBG-NILS": people.DRIVERS[1].card}
FAULTS = ("drop=0.5", "offline-start=0.3", "offline-stop=0.3", "reboot=0.3", "power-loss=0.2", "duplicate=0.3")


async def simulate(two, site: str, *words: str) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("ocpilot")),
        *("simulate", site, "--url", two.stations_url, "--card", CARDS[site], "--json", *words),
        env=os.environ | {"OCPILOT_PASSWORD": people.STATION_PASSWORD},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out)


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_the_cdrs_of_stations_with_faults_are_what_really_flowed(two, version):
    async with two.look(two.operator) as operator:

        async def known() -> bool:
            found = [await operator.store.objects.find(ModuleID.TOKENS, card) for card in CARDS.values()]
            return all(found)

        await eventually("the cards' Tokens reached the operator", known)
        faults = [word for fault in FAULTS for word in ("--fault", fault)]
        run = ("--charges", "5", "--between", "5", "--stay", "30", "--speed", "900", "--dc", "0", "--version", version)
        reports = await asyncio.gather(*(simulate(two, site, *run, *faults) for site in CARDS))
        assert [each["total"]["refused"] for each in reports] == [0, 0]
        charges = [charge["energy_wh"] for each in reports for charge in each["stations"][0]["ledger"]["charges"]]

        async def billed() -> list[CDR] | None:
            made = [value_of(CDR, one) for one in await operator.store.objects.newest(ModuleID.CDRS, 20)]
            return made if len(made) == len(charges) == 10 else None

        cdrs = await eventually("a CDR of every charge", billed)
        assert sorted(int(cdr.total_energy * 1000) for cdr in cdrs) == sorted(charges)
