"""Which of our parties an object is about: what a key or web hook of one party may see."""

from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.visibility import audience_of
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Session

#: Objects of somebody else that may be about a Token of ours.
ABOUT_TOKENS: dict[ModuleID, type[Session] | type[CDR]] = {ModuleID.SESSIONS: Session, ModuleID.CDRS: CDR}


def concerns(party: PartyId, stored: StoredObject) -> bool:
    """Whether an object is of this party of ours, or a Session or CDR of somebody else about a Token of it."""
    if stored.peer_id is None:
        return party == stored.key.party or party.key == stored.audience
    cls = ABOUT_TOKENS.get(stored.key.module)
    if cls is None:
        return False
    try:
        return audience_of(value_of(cls, stored)) == party.key
    except InvalidObject:
        return False
