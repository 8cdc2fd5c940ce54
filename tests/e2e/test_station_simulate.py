"""`ocpilot station simulate` against a running platform: the charge it plays is billed."""

import asyncio
import os
import sys
from decimal import Decimal
from pathlib import Path

from ocpilot.app.ocpi.bodies import value_of
from ocpilot.demo import people
from ocpilot.demo.pair import eventually
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR

SITE = "STHLM-CENTRAL"
CARD = people.DRIVERS[0].card


async def simulate(two, *words: str, password: str = people.STATION_PASSWORD) -> tuple[int, str, str]:
    url = two.operator.url.replace("http", "ws", 1) + "/ocpp"
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("ocpilot")),
        *("station", "simulate", SITE, "--url", url, *words),
        env=os.environ | {"OCPILOT_PASSWORD": password},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_simulated_charge_becomes_a_cdr_of_its_energy(two):
    async with two.look(two.operator) as operator:

        async def known() -> bool:
            return bool(await operator.store.objects.find(ModuleID.TOKENS, CARD))

        await eventually("the card's Token reached the operator", known)
        code, said, wrong = await simulate(two, "--card", CARD, "--minutes", "60", "--parked", "30", "--kw", "11")
        assert (code, wrong) == (0, "")
        assert said.splitlines() == [
            f"{SITE} is connected",
            f"card {CARD}: Accepted",
            "11.000 kWh in 60 minutes",
        ]

        async def billed() -> CDR | None:
            made = await operator.store.objects.newest(ModuleID.CDRS, 1)
            return value_of(CDR, made[0]) if made else None

        cdr = await eventually("the CDR is made", billed)
        assert cdr.total_energy == Decimal(11)
        # The station tells a few seconds later that the car takes nothing more.
        assert Decimal("0.49") < (cdr.total_parking_time or 0) <= Decimal("0.5")


async def test_a_card_nobody_knows_charges_nothing(two):
    code, said, _ = await simulate(two, "--card", "NOBODY")
    assert code == 1
    assert said.splitlines()[-1] == "card NOBODY: Invalid"


async def test_what_makes_no_charge_is_refused_before_anything_is_tried(two):
    code, _, wrong = await simulate(two, "--card", CARD, "--minutes", "-5")
    assert (code, wrong) == (1, "ocpilot: --minutes: found -5.0, expected more than 0\n")
