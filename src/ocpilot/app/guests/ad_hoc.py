"""Charges of whoever stands at a station of ours without an account: each has a Token of its own, and a secret link by
which whoever started it watches it, stops it and gets the receipt."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from ocpilot.app.drivers import charge_views
from ocpilot.app.drivers.charge_views import ChargeView, StartView
from ocpilot.app.guests.evse_pages import EvsePage
from ocpilot.app.kept.ad_hoc_records import AdHocCharge
from ocpilot.app.kept.charge_records import Command
from ocpilot.app.kept.records import Receipt, Record
from ocpilot.app.ocpi import tokens
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.texts import mark

#: How long the link works.
KEPT = timedelta(days=30)
#: Bytes of chance in a link.
_SECRET = 16
_NOT_HERE = mark("A charge without an account cannot be started here now.")


class AdHocView(Record, frozen=True, kw_only=True):
    """One charge: how its start goes, and the charge once there is one. The link works until `until`."""

    start: StartView
    charge: ChargeView | None
    evse_id: str
    until: datetime


async def start(platform: Platform, page: EvsePage, connector_id: str | None, language: str) -> str:
    """Start at an EVSE of ours; the secret of the link. UserError where that is not offered or something is in the
    way; otherwise errors as `commands.start_with`."""
    if not page.ad_hoc or page.obstacle is not None:
        raise UserError(_NOT_HERE)
    evse, location = page.point.evse, page.station.key
    token = tokens.of_nobody(platform, location.party)
    command = await commands.start_with(platform, token, location, evse.uid, connector_id)
    secret = new_secret()
    await keep(
        platform,
        command,
        key_hash=hash_of(secret),
        token_uid=token.uid,
        evse_id=evse.evse_id or evse.uid,
        language=language,
    )
    return secret


async def keep(
    platform: Platform, command: Command, *, key_hash: bytes, token_uid: str, evse_id: str, language: str
) -> None:
    """From now on the link whose secret has this hash leads to the charge of this command."""
    now = platform.clock()
    await platform.store.ad_hoc.add(
        AdHocCharge(
            key_hash=key_hash,
            command_id=command.id,
            token_uid=token_uid,
            evse_id=evse_id,
            language=language,
            created_at=now,
            expires_at=now + KEPT,
        )
    )


async def view(platform: Platform, secret: str) -> AdHocView:
    """The charge of a link; NotFound when the link is none or works no longer."""
    kept = await _kept(platform, secret)
    command = await platform.store.commands.get(kept.command_id)
    if command is None:
        raise NotFound("no such charge")
    found = await charge_views.with_tokens(platform, (kept.token_uid,), 1)
    return AdHocView(
        start=await charge_views.of_command(platform, command),
        charge=next(iter(found), None),
        evse_id=kept.evse_id,
        until=kept.expires_at,
    )


async def stop(platform: Platform, secret: str) -> Command:
    """Ask the station to stop; NotFound when there is no such charge."""
    charge = (await view(platform, secret)).charge
    stored = await platform.store.objects.get(charge.key) if charge is not None else None
    if charge is None or charge.session is None or stored is None:
        raise NotFound("no such charge")
    return await commands.stop(platform, stored, charge.session)


async def stopping(platform: Platform, secret: str, command_id: str) -> StartView:
    """How such a stop is going; NotFound for another command."""
    kept, command = await _kept(platform, secret), await platform.store.commands.get(command_id)
    if command is None or command.token_uid != kept.token_uid:
        raise NotFound(f"no command {command_id}")
    return await charge_views.of_command(platform, command)


async def receipt(platform: Platform, secret: str) -> Receipt:
    """The receipt; NotFound as long as there is none."""
    charge = (await view(platform, secret)).charge
    if charge is None or charge.receipt is None:
        raise NotFound("no receipt yet")
    return charge.receipt


async def _kept(platform: Platform, secret: str) -> AdHocCharge:
    kept = await platform.store.ad_hoc.get(hash_of(secret), platform.clock())
    if kept is None:
        raise NotFound("no such charge")
    return kept


def new_secret() -> str:
    """What makes a link."""
    return secrets.token_urlsafe(_SECRET)


def hash_of(secret: str) -> bytes:
    """A secret has 128 bits of chance: nobody finds it from its hash."""
    return sha256(secret.encode(errors="replace")).digest()
