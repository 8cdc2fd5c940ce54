"""Charges of whoever pays at a terminal: a payment terminal provider of ours starts and stops them (mod_payments,
"Transaction")."""

from ocpilot.app import commands, tokens
from ocpilot.app.bodies import value_of
from ocpilot.app.charge_records import Command
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Session


async def start(
    platform: Platform,
    party: PartyId,
    location: ObjectKey,
    evse_uid: str | None,
    connector_id: str | None = None,
    *,
    reference: str | None = None,
) -> Command:
    """Start at a Location for `party`, one of ours, with a Token that only this charge has.

    `reference` is what invoice and financial advice confirmation will be found by. Errors as `commands.start_session`.
    """
    token = tokens.of_one_charge(platform, party)
    return await commands.start_with(platform, token, location, evse_uid, connector_id, reference=reference)


async def stop(platform: Platform, party: PartyId, session_id: str) -> Command:
    """Stop such a charge, as when the preauthorized amount is used up; NotFound for one of somebody else."""
    for stored in await platform.store.objects.find(ModuleID.SESSIONS, session_id):
        session = value_of(Session, stored)
        if PartyId.of(session.cdr_token.country_code, session.cdr_token.party_id) == party:
            return await commands.stop(platform, stored, session)
    raise NotFound(f"no session {session_id} of {party}")
