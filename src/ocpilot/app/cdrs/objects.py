"""Receiver interfaces of whole objects that a peer owns and sends to us, one table and one code for most modules.

Tariffs, Sessions, CDRs, Tokens, invoice reconciliation records, BookingLocations, bookings.
"""

from collections.abc import Mapping

from ocpilot.app.cdrs import cdrs
from ocpilot.app.charges import authorize
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.classes import class_of
from ocpilot.app.ocpi.exchange import Answer, Call, endpoint_url, stored_answer
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.ocpi.owned import checked, kept, key_in_url, patch_in, patched
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import require_receiver
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import NotFound, UnknownToken
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import AuthorizationInfo, LocationReferences, TokenType


async def receiver_get(platform: Platform, call: Call, sub: str = "") -> Answer:
    """GET of a Receiver interface: the object as this peer sent it."""
    key = key_in_url(call, sub or sub_of(call))
    stored = await platform.store.objects.get(key, call.peer.id)
    if stored is None:
        raise _unknown(key)
    return Answer(data=await text_in(platform, stored, call.version))


async def receiver_put(platform: Platform, call: Call, sub: str = "") -> Answer:
    """PUT: a new object or a replacement of the whole."""
    body = call.object()
    key = key_in_url(call, sub or sub_of(call, body))
    context = await unsaid(platform, call.peer, call.version, key.module, body, party=key.party)
    stored = kept(call, key, checked(call, class_of(key.module, key.sub), body, _url(key), context), context)
    arrival = await platform.store.objects.receive(stored)
    if arrival.awaited:
        await commands.told_of(platform, stored)
    return stored_answer(arrival.created)


async def receiver_patch(platform: Platform, call: Call, sub: str = "") -> Answer:
    """PATCH: the fields given change, the rest stays; the result is checked as a whole before it is kept."""
    patch = patch_in(platform, call)
    key = key_in_url(call, sub or sub_of(call, patch))

    def change(stored: StoredObject) -> StoredObject:
        return patched(call, class_of(key.module, key.sub), stored, patch, _url(key))

    stored = await platform.store.objects.modify(key, call.peer.id, change)
    if stored is None:
        raise _unknown(key)
    await commands.told_of(platform, stored)
    return Answer()


async def receiver_delete(platform: Platform, call: Call) -> Answer:
    """DELETE, which Tariffs and invoice reconciliation records know."""
    key = key_in_url(call)
    if not await platform.store.objects.delete(key, call.peer.id):
        raise _unknown(key)
    return Answer()


async def cdr_post(platform: Platform, call: Call) -> Answer:
    """POST of a CDR: kept once; the answer says where it can be read again (mod_cdrs, "POST Method")."""
    audience = call.at_hub.audience if call.at_hub else None
    body = call.object()
    stored, created = await cdrs.receive(platform, call.peer, call.version, body, call.came_at, audience=audience)
    party = stored.key.party
    url = endpoint_url(
        platform.settings,
        call.version,
        ModuleID.CDRS,
        InterfaceRole.RECEIVER,
        party.country_code,
        party.party_id,
        stored.key.id,
    )
    return stored_answer(created, {"Location": url})


async def token_authorize(platform: Platform, call: Call) -> Answer:
    """POST .../authorize: may this Token of ours charge (mod_tokens, "POST Method")?"""
    require_receiver(call.peer, ModuleID.TOKENS)
    references = None
    if call.body.strip():
        references = call.read(LocationReferences, call.object()).value
    token_type = call.query.get("type") or TokenType.RFID
    try:
        info = await authorize.decide(platform, call.peer, call.path["id"], token_type, references)
    except UnknownToken as error:
        # The one place where the standard wants HTTP 404 and status code 2004 together.
        return Answer(http_status=404, status_code=error.ocpi_status, message=str(error))
    body = codec.convert(AuthorizationInfo, codec.body_of(info), OWN_VERSION, call.version).body
    return Answer(data=codec.dumps(body))


def sub_of(call: Call, body: Mapping[str, object] | None = None) -> str:
    """The type of a Token: as the URL says, else as the body says, else RFID (mod_tokens, "Request Parameters")."""
    if call.module is not ModuleID.TOKENS:
        return ""
    named = (body or {}).get("type")
    return call.query.get("type") or (named if isinstance(named, str) and named else TokenType.RFID)


def _url(key: ObjectKey) -> dict[str, str]:
    """The fields of a body that its URL names too."""
    owner = {"country_code": key.party.country_code, "party_id": key.party.party_id}
    if key.module is ModuleID.TOKENS:
        return owner | {"uid": key.id, "type": key.sub}
    return owner | {"id": key.id}


def _unknown(key: ObjectKey) -> NotFound:
    return NotFound(f"{key.module}: {key.party} has sent no {key.id!r}")
