"""Stations that nobody added: they wait until somebody approves or refuses them, or join with a one-time code."""

import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.newcomer_records import Invitation, WaitingStation
from ocpilot.app.kept.station_events import Knock
from ocpilot.app.platform import Platform
from ocpilot.app.stations import station_security
from ocpilot.app.stations.stations import connectors_of, our_location
from ocpilot.base.errors import StationError, UserError

log = logging.getLogger(__name__)

#: Bytes of a password we set: as many as OCPP 1.6 allows, and its hexadecimal fits every version.
_PASSWORD_BYTES = 20


async def begin_to_wait(platform: Platform, knock: Knock) -> bool:
    """A station comes that nobody added; False when too many wait already."""
    now = platform.clock()
    waiting = WaitingStation(
        id=knock.station_id,
        password_hash=None if knock.password is None else await passwords.hashed(knock.password),
        security_profile=knock.profile,
        remote=knock.remote,
        first_seen=now,
        last_seen=now,
    )
    return await platform.store.newcomers.add(waiting, platform.settings.stations.waiting_most)


async def approve(platform: Platform, station_id: str, location_id: str, evses: Sequence[str]) -> Station:
    """A waiting station is ours from now on: its EVSEs 1, 2 ... are these. It is asked to boot again at once."""
    location = await our_location(platform, location_id)
    wanted = Station(id=station_id, party=location.party, location_id=location.id, connectors=connectors_of(evses))
    if await platform.store.stations.get(station_id) is not None:
        raise UserError(f"station {station_id} is one of ours already")
    station = await platform.store.newcomers.approve(wanted)
    if station is None:
        raise UserError(f"no station {station_id} waits; those that do: ocpilot station waiting")
    if station.connected:
        await _boot_again(platform, station_id)
    return station


async def refuse(platform: Platform, station_id: str) -> None:
    """A waiting station must stay away. UserError when it does not wait."""
    if not await platform.store.newcomers.refuse(station_id):
        raise UserError(f"no station {station_id} waits; those that do: ocpilot station waiting")


async def _boot_again(platform: Platform, station_id: str) -> None:
    """Else it would wait for its next try."""
    try:
        await platform.stations.call(station_id, "TriggerMessage", {"requestedMessage": "BootNotification"})
    except StationError as error:
        log.info("%s boots when it likes: %s", station_id, error)


# ---- codes ---------------------------------------------------------------------------------------------------------


async def invite(platform: Platform, location_id: str, evses: Sequence[str], count: int, valid: timedelta) -> list[str]:
    """Codes for `count` stations, among which the EVSEs are shared in their order; nobody can read them again."""
    if count < 1 or len(evses) % count:
        raise UserError(f"{len(evses)} EVSEs cannot be shared evenly among {count} stations")
    location = await our_location(platform, location_id)
    share, now = len(evses) // count, platform.clock()
    codes = [passwords.made_key() for _ in range(count)]
    invitations = [
        Invitation(
            code_hash=_hash(code),
            party=location.party,
            location_id=location.id,
            connectors=connectors_of(evses[number * share : (number + 1) * share]),
            created_at=now,
            expires_at=now + valid,
        )
        for number, code in enumerate(codes)
    ]
    await platform.store.newcomers.invite(invitations)
    return codes


async def join(platform: Platform, station_id: str, code: str) -> bool:
    """A station that nobody added comes with a code; False when it is none, used or too old."""
    store, now = platform.store.newcomers, platform.clock()
    if not await store.is_valid(_hash(code), now):
        return False
    station = await store.redeem(_hash(code), station_id, passwords.hashed_key(code), now)
    if station is not None:
        await station_security.happened(platform, station_id, f"joined at Location {station.location_id} with a code")
    return station is not None


def _hash(code: str) -> bytes:
    """A code has 80 bits of chance: nobody finds it from its hash."""
    return sha256(code.encode()).digest()


# ---- the password that replaces a code -----------------------------------------------------------------------------


async def replace_password(platform: Platform, station_id: str) -> None:
    """Give a station that joined by a code a password of its own; only that one counts from then on.

    Until it is known whether the station took it, both count: else a lost answer would lock it out.
    """
    store = platform.store.newcomers
    if await store.next_password(station_id) is None:
        return
    password = _new_password()
    await store.sent_password(station_id, passwords.hashed_key(password))
    try:
        taken = await platform.stations.set_password(station_id, password)
    except StationError as error:
        log.info("%s gets its password when it boots next: %s", station_id, error)
        return
    if not taken:
        await station_security.happened(
            platform, station_id, "takes no other password and keeps the code it joined with"
        )
    await store.settle_password(station_id, taken=taken)


def _new_password() -> str:
    """Hexadecimal of bytes that are no text: a station may send either, and both are then read alike."""
    while True:
        chance = secrets.token_bytes(_PASSWORD_BYTES)
        try:
            chance.decode()
        except UnicodeDecodeError:
            return chance.hex()
