"""Tokens of type AD_HOC_USER are for one charge (mod_tokens, "TokenType"): which of them have had theirs."""

from ocpilot.app.kept.card_records import MAY_CHARGE
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Session, SessionStatus, Token, TokenType

#: Nothing has been charged yet.
_BEFORE = frozenset({SessionStatus.RESERVATION, SessionStatus.PENDING})


async def is_spent(platform: Platform, token: Token) -> bool:
    """Whether no charge may begin with it any more: one did, or the card payment it belongs to is over."""
    if token.type != TokenType.AD_HOC_USER:
        return False
    payment = await platform.store.cards.of_token(token.uid)
    if payment is not None and payment.state not in MAY_CHARGE:
        return True
    return any(_is_its(token, value_of(Session, one)) for one in await _sessions(platform, token))


async def _sessions(platform: Platform, token: Token) -> tuple[StoredObject, ...]:
    return await platform.store.objects.newest(ModuleID.SESSIONS, 5, [token.uid])


def _is_its(token: Token, session: Session) -> bool:
    """Another provider may have given out the same uid."""
    same = (token.country_code, token.party_id) == (session.cdr_token.country_code, session.cdr_token.party_id)
    return same and session.status not in _BEFORE
