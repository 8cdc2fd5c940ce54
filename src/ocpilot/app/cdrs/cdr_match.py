"""Which Session, Authorization, Command and Token a CDR belongs to, by the ids it names, else by every other clue
(mod_cdrs, "CDR object": `session_id`, `authorization_reference`)."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from ocpilot.app.kept.cdr_match_records import CdrMatch, Clue, Match, MissingCdr, Part
from ocpilot.app.kept.records import PageQuery, StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import known
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, NotFound
from ocpilot.base.ids import fold
from ocpilot.billing.matching import is_bill_of
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Session

#: Sessions looked through for one that fits.
_MOST = 500
#: How far starts may be apart that are the same one: clocks of stations and back offices differ.
_SAME = timedelta(minutes=1)
#: How long after the end of a charge its Session may have been updated last, and before it a Token been asked about.
_AFTER = timedelta(days=1)
_BEFORE = timedelta(hours=1)
#: Charges older than this are no longer looked at.
OLDEST = timedelta(days=90)


async def match(platform: Platform, stored: StoredObject) -> CdrMatch:
    """Find what the CDR belongs to, and keep it. InvalidObject when it breaks the standard."""
    cdr = value_of(CDR, stored)
    session = await _session(platform, stored, cdr)
    found = [
        session,
        await _authorization(platform, cdr),
        await _command(platform, cdr, session.id if session else None),
        await _token(platform, cdr),
    ]
    matched = CdrMatch(
        key=stored.key,
        peer_id=stored.peer_id,
        matches=tuple(one for one in found if one is not None),
        session=session.id if session else None,
        credits=cdr.credit_reference_id,
        credit=bool(cdr.credit),
        token_uid=cdr.cdr_token.uid,
        location_id=cdr.cdr_location.id,
        evse_uid=cdr.cdr_location.evse_uid,
        starts=cdr.start_date_time,
        ends=cdr.end_date_time,
        currency=cdr.currency,
        at=platform.clock(),
    )
    await platform.store.matches.save(matched)
    return matched


async def _session(platform: Platform, stored: StoredObject, cdr: CDR) -> Match | None:
    objects = platform.store.objects
    for one in await objects.find(ModuleID.SESSIONS, cdr.session_id) if cdr.session_id else ():
        if (one.peer_id, one.key.party) == (stored.peer_id, stored.key.party):
            return Match(part=Part.SESSION, id=one.key.id, clue=Clue.SESSION_ID)
    of_token = await objects.newest(ModuleID.SESSIONS, _MOST, [cdr.cdr_token.uid])
    query = PageQuery(
        module=ModuleID.SESSIONS,
        limit=_MOST,
        peer_id=stored.peer_id,
        date_from=cdr.start_date_time,
        date_to=cdr.end_date_time + _AFTER,
    )
    of_time = (await objects.page(query)).items
    candidates = [
        one for one in (*of_token, *of_time) if (one.peer_id, one.key.party) == (stored.peer_id, stored.key.party)
    ]
    return _fitting(cdr, _readable(candidates))


def _readable(candidates: Sequence[StoredObject]) -> list[Session]:
    found = []
    for one in candidates:
        try:
            found.append(value_of(Session, one))
        except InvalidObject:
            continue
    return found


def _fitting(cdr: CDR, sessions: Sequence[Session]) -> Match | None:
    """The Session that the surest clue leads to."""
    clues: tuple[tuple[Clue, Callable[[CDR, Session], bool]], ...] = (
        (Clue.REFERENCE, _same_reference),
        (Clue.SAME_START, is_bill_of),
        (Clue.OVERLAP, _overlaps),
        (Clue.SAME_ENERGY, _same_energy),
    )
    for clue, fits in clues:
        session = next((one for one in sessions if fits(cdr, one)), None)
        if session is not None:
            return Match(part=Part.SESSION, id=session.id, clue=clue)
    return None


def _same_reference(cdr: CDR, session: Session) -> bool:
    theirs, ours = cdr.authorization_reference, session.authorization_reference
    return theirs is not None and ours is not None and fold(theirs) == fold(ours)


def _overlaps(cdr: CDR, session: Session) -> bool:
    place = cdr.cdr_location
    same = (fold(cdr.cdr_token.uid), fold(place.id), fold(place.evse_uid)) == (
        fold(session.cdr_token.uid),
        fold(session.location_id),
        fold(session.evse_uid),
    )
    ended = session.end_date_time or session.last_updated
    return same and session.start_date_time < cdr.end_date_time and cdr.start_date_time < ended


def _same_energy(cdr: CDR, session: Session) -> bool:
    """Enough where nothing else is said, not against the id of another Session."""
    if cdr.session_id:
        return False
    apart = abs(cdr.start_date_time - session.start_date_time)
    return bool(cdr.total_energy) and cdr.total_energy == session.kwh and apart <= _SAME


async def _authorization(platform: Platform, cdr: CDR) -> Match | None:
    matches, clue, found = platform.store.matches, Clue.REFERENCE, None
    if cdr.authorization_reference:
        found = await matches.authorization(cdr.authorization_reference)
    if found is None:
        clue, start = Clue.BEFORE_START, cdr.start_date_time
        found = await matches.authorization_before(cdr.cdr_token.uid, start - _BEFORE, start + _SAME)
    return None if found is None else Match(part=Part.AUTHORIZATION, id=found, clue=clue)


async def _command(platform: Platform, cdr: CDR, session_id: str | None) -> Match | None:
    found = await platform.store.matches.command(cdr.authorization_reference, session_id or cdr.session_id)
    if found is None:
        return None
    return Match(part=Part.COMMAND, id=found[0], clue=Clue.REFERENCE if found[1] else Clue.OF_SESSION)


async def _token(platform: Platform, cdr: CDR) -> Match | None:
    by_uid = [stored for stored, _ in await known(platform, cdr.cdr_token.uid)]
    if by_uid:
        return Match(part=Part.TOKEN, id=by_uid[0].key.id, clue=Clue.UID)
    by_contract = await platform.store.objects.of_contract(cdr.cdr_token.contract_id)
    return Match(part=Part.TOKEN, id=by_contract[0].key.id, clue=Clue.CONTRACT) if by_contract else None


# ---- for people ----------------------------------------------------------------------------------------------------


async def match_of(platform: Platform, stored: StoredObject) -> CdrMatch:
    """What this CDR belongs to, found now when nobody has looked yet."""
    return await platform.store.matches.get(stored.key) or await match(platform, stored)


async def named(platform: Platform, cdr_id: str) -> tuple[StoredObject, ...]:
    """All CDRs with this id; NotFound when there is none."""
    found = await platform.store.objects.find(ModuleID.CDRS, cdr_id)
    if not found:
        raise NotFound(f"no CDR {cdr_id}")
    return found


async def missing(platform: Platform, peer_id: int | None, limit: int = _MOST) -> Sequence[MissingCdr]:
    """Charges of ours (None) or of a peer that should have a CDR by now (`roaming.cdr_missing_after`)."""
    now = platform.clock()
    before = now - timedelta(hours=platform.settings.roaming.cdr_missing_after)
    return await platform.store.matches.missing(peer_id, now - OLDEST, before, limit)
