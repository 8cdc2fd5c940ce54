"""Locations, EVSEs, Tariffs, Tokens, Sessions and CDRs: list and read; create, replace, change and take back ours."""

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply, wanted_in
from ocpilot.api.shapes import Credit
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.office import cdr_credits, listing, our_objects
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import TokenType


async def list_locations(call: ApiCall) -> Reply:
    """Locations with their EVSEs, oldest change first."""
    return await _list(call, ModuleID.LOCATIONS)


async def get_location(call: ApiCall) -> Reply:
    """A Location with its EVSEs, ours or a peer's."""
    return await _get(call, _key(call, ModuleID.LOCATIONS))


async def put_location(call: ApiCall) -> Reply:
    """Create or replace a Location of ours. EVSEs that are not in the body any more stay, with the status REMOVED."""
    return await _put(call, _own(call, ModuleID.LOCATIONS))


async def patch_location(call: ApiCall) -> Reply:
    """Change fields of a Location of ours by a JSON merge patch."""
    return await _patch(call, _own(call, ModuleID.LOCATIONS))


async def get_evse(call: ApiCall) -> Reply:
    """An EVSE of a Location, ours or a peer's."""
    return await _get(call, _key(call, ModuleID.LOCATIONS, call.path["evse_uid"]))


async def put_evse(call: ApiCall) -> Reply:
    """Create or replace an EVSE of a Location of ours."""
    return await _put(call, _own(call, ModuleID.LOCATIONS, call.path["evse_uid"]))


async def patch_evse(call: ApiCall) -> Reply:
    """Change fields of an EVSE of ours, most often its status."""
    return await _patch(call, _own(call, ModuleID.LOCATIONS, call.path["evse_uid"]))


async def delete_evse(call: ApiCall) -> Reply:
    """Take an EVSE of ours away: its status becomes REMOVED, as the standard has it."""
    return await _delete(call, _own(call, ModuleID.LOCATIONS, call.path["evse_uid"]))


async def list_tariffs(call: ApiCall) -> Reply:
    """Tariffs, oldest change first."""
    return await _list(call, ModuleID.TARIFFS)


async def get_tariff(call: ApiCall) -> Reply:
    """A Tariff, ours or a peer's."""
    return await _get(call, _key(call, ModuleID.TARIFFS))


async def put_tariff(call: ApiCall) -> Reply:
    """Create or replace a Tariff of ours."""
    return await _put(call, _own(call, ModuleID.TARIFFS))


async def patch_tariff(call: ApiCall) -> Reply:
    """Change fields of a Tariff of ours by a JSON merge patch."""
    return await _patch(call, _own(call, ModuleID.TARIFFS))


async def delete_tariff(call: ApiCall) -> Reply:
    """Take a Tariff of ours back."""
    return await _delete(call, _own(call, ModuleID.TARIFFS))


async def list_tokens(call: ApiCall) -> Reply:
    """Tokens, oldest change first."""
    return await _list(call, ModuleID.TOKENS)


async def get_token(call: ApiCall) -> Reply:
    """A Token, ours or a peer's."""
    return await _get(call, _key(call, ModuleID.TOKENS, _type(call)))


async def put_token(call: ApiCall) -> Reply:
    """Create or replace a Token of ours. One that must not be used any more gets `valid` false: the standard deletes
    none."""
    return await _put(call, _own(call, ModuleID.TOKENS, _type(call)))


async def patch_token(call: ApiCall) -> Reply:
    """Change fields of a Token of ours by a JSON merge patch."""
    return await _patch(call, _own(call, ModuleID.TOKENS, _type(call)))


async def list_sessions(call: ApiCall) -> Reply:
    """Sessions, oldest change first."""
    return await _list(call, ModuleID.SESSIONS)


async def get_session(call: ApiCall) -> Reply:
    """A Session, ours or a peer's."""
    return await _get(call, _key(call, ModuleID.SESSIONS))


async def list_cdrs(call: ApiCall) -> Reply:
    """CDRs, oldest change first."""
    return await _list(call, ModuleID.CDRS)


async def get_cdr(call: ApiCall) -> Reply:
    """A CDR, ours or a peer's."""
    return await _get(call, _key(call, ModuleID.CDRS))


async def credit_cdr(call: ApiCall) -> Reply:
    """Take a CDR of ours back: its provider gets the Credit CDR of the answer. Again: the same one."""
    remark, who = call.read(Credit).remark, f"key {call.key.name}"
    credited = await cdr_credits.credit(call.platform, call.path["id"], remark, call.party(), who)
    return calls.held(await our_objects.held(call.platform, credited), 201)


# ---- steps ---------------------------------------------------------------------------------------------------------


async def _list(call: ApiCall, module: ModuleID) -> Reply:
    async def text(stored: StoredObject) -> bytes:
        return await text_in(call.platform, stored, OWN_VERSION)

    return await calls.page(call, await wanted_in(call, listing.Wanted(module=module)), text)


async def _get(call: ApiCall, key: ObjectKey) -> Reply:
    stored = await listing.one(call.platform, key, call.key.only)
    return calls.held(await our_objects.held(call.platform, stored))


async def _put(call: ApiCall, key: ObjectKey) -> Reply:
    written = await our_objects.put(call.platform, key, call.json(), call.expected_tag())
    return calls.held(written.held, 201 if written.created else 200)


async def _patch(call: ApiCall, key: ObjectKey) -> Reply:
    return calls.held(await our_objects.patch(call.platform, key, call.object(), call.expected_tag()))


async def _delete(call: ApiCall, key: ObjectKey) -> Reply:
    await our_objects.delete(call.platform, key, call.expected_tag())
    return Reply(status=204)


def _key(call: ApiCall, module: ModuleID, sub: str = "") -> ObjectKey:
    party = PartyId.of(call.path["country_code"], call.path["party_id"])
    return ObjectKey(module=module, party=party, id=call.path["id"], sub=sub)


def _own(call: ApiCall, module: ModuleID, sub: str = "") -> ObjectKey:
    """The same for a write, which a key of another party may not do."""
    return ObjectKey(module=module, party=call.party(), id=call.path["id"], sub=sub)


def _type(call: ApiCall) -> str:
    return call.query.get("type") or TokenType.RFID
