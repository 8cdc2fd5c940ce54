"""kill -9 of a gateway with some 500 running charges, its database with it: each ends with a right CDR, once."""

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path

import msgspec
from told import SITE

from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import Station, StationConnector, TransactionState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.demo import network, people
from ocpilot.demo.pair import eventually
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Location, Token, WhitelistType

STATIONS = 500
#: A few may leave before the last ones come.
RUNNING = 450
CARD = "04F1EE7000CA4D"
LOCATION = "FLEET"


def station_ids() -> list[str]:
    return [f"FLEET-{number:04}" for number in range(1, STATIONS + 1)]


async def give_card(provider: Platform) -> None:
    """One card for all of them, which may charge everywhere without a question."""
    known = await provider.store.objects.find(ModuleID.TOKENS, people.DRIVERS[0].card)
    card = value_of(Token, known[0])
    changes = {"uid": CARD, "whitelist": WhitelistType.ALWAYS, "last_updated": time.now()}
    await tokens.put(provider, msgspec.structs.replace(card, **changes))


async def build(operator: Platform) -> None:
    """A place with as many EVSEs as stations."""
    key = ObjectKey(module=ModuleID.LOCATIONS, party=network.OPERATOR, id=SITE)
    like = value_of(Location, await operator.store.locations.get(key))
    evses = tuple(
        msgspec.structs.replace(like.evses[0], uid=one, evse_id=f"SE*LAD*E{one.replace('-', '')}")
        for one in station_ids()
    )
    place = msgspec.structs.replace(like, id=LOCATION, evses=evses, last_updated=time.now())
    await operator.store.locations.put(own(msgspec.structs.replace(key, id=LOCATION), place, place.last_updated))
    password_hash = passwords.hashed_key(people.STATION_PASSWORD)
    for one in station_ids():
        connector = StationConnector(evse_id=1, evse_uid=one, ocpi_connector_id=like.evses[0].connectors[0].id)
        station = Station(
            id=one,
            party=network.OPERATOR,
            location_id=LOCATION,
            connectors=(connector,),
            password_hash=password_hash,
        )
        await operator.store.stations.save(station)


async def simulate(two) -> asyncio.subprocess.Process:
    words = ("--stations", str(STATIONS), "--prefix", "FLEET-", "--mix", "--lean", "--card", CARD, "--charges", "1")
    # two minutes in all: who still charges at the end of 40 minutes ends then
    pace = ("--between", "1", "--stay", "300", "--minutes", "40", "--speed", "20", "--meter-interval", "120")
    return await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("ocpilot")),
        *("simulate", *words, *pace, "--dc", "0", "--connects", "50", "--url", two.stations_url, "--json"),
        env=os.environ | {"OCPILOT_PASSWORD": people.STATION_PASSWORD},
        stdout=asyncio.subprocess.PIPE,
    )


async def test_500_charges_survive_a_gateway_killed_with_its_database(two):
    async with two.look(two.provider) as provider:
        await give_card(provider)
    async with two.look(two.operator) as operator:
        await build(operator)

        async def known() -> bool:
            return bool(await operator.store.objects.find(ModuleID.TOKENS, CARD))

        await eventually("the card reached the operator", known)
        fleet = await simulate(two)

        async def most_charge() -> bool:
            await asyncio.sleep(0.5)
            return len(await operator.store.transactions.in_state(TransactionState.OPEN)) >= RUNNING

        await eventually("most of them charge at the same time", most_charge, seconds=240)
    await two.kill(two.operator, database_too=True)
    await two.start(two.operator)
    async with asyncio.timeout(400):
        out, _ = await fleet.communicate()
    report = json.loads(out)
    ledgers = [each["ledger"] for each in report["stations"]]
    assert {one["transactions"] for one in ledgers} == {1}
    assert report["total"]["refused"] == 0
    async with two.look(two.operator) as operator:

        async def billed() -> list[CDR] | None:
            made = [value_of(CDR, one) for one in await operator.store.objects.newest(ModuleID.CDRS, 2 * STATIONS)]
            return made if len(made) >= STATIONS else None

        cdrs = await eventually("a CDR of every charge", billed, seconds=120)
        held = await operator.store.transactions.in_state(TransactionState.HELD)
    assert (len(cdrs), [one.held_because for one in held]) == (STATIONS, [])
    assert max(Counter(cdr.session_id for cdr in cdrs).values()) == 1
    assert sorted(round(cdr.total_energy * 1000) for cdr in cdrs) == sorted(one["energy_wh"] for one in ledgers)
