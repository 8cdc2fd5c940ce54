"""`ocpilot simulate` against a running platform: whatever goes wrong, the CDRs are what really flowed."""

import asyncio
import json
import os
import sys
from pathlib import Path

from ocpilot.app.bodies import value_of
from ocpilot.demo import people
from ocpilot.demo.pair import eventually
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

SITES = ("STHLM-CENTRAL", "GBG-NILS")
CARD = people.DRIVERS[0].card
FAULTS = ("drop=0.5", "offline-start=0.3", "offline-stop=0.3", "reboot=0.3", "power-loss=0.2", "duplicate=0.3")


async def simulate(two, *words: str) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("ocpilot")),
        *("simulate", *SITES, "--url", two.stations_url, "--card", CARD, "--json", *words),
        env=os.environ | {"OCPILOT_PASSWORD": people.STATION_PASSWORD},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(out)


async def test_the_cdrs_of_a_fleet_with_faults_are_what_really_flowed(two):
    async with two.look(two.operator) as operator:

        async def known() -> bool:
            return bool(await operator.store.objects.find(ModuleID.TOKENS, CARD))

        await eventually("the card's Token reached the operator", known)
        faults = [word for fault in FAULTS for word in ("--fault", fault)]
        run = ("--evses", "3", "--charges", "2", "--between", "5", "--stay", "30", "--speed", "900", "--dc", "0")
        report = await simulate(two, *run, *faults)
        total = report["total"]
        assert (total["transactions"], total["refused"]) == (12, 0)

        async def billed() -> list[CDR] | None:
            made = [value_of(CDR, one) for one in await operator.store.objects.newest(ModuleID.CDRS, 20)]
            return made if len(made) == total["transactions"] else None

        cdrs = await eventually("a CDR of every charge", billed)
        charges = [charge["energy_wh"] for station in report["stations"] for charge in station["ledger"]["charges"]]
        assert sorted(int(cdr.total_energy * 1000) for cdr in cdrs) == sorted(charges)
