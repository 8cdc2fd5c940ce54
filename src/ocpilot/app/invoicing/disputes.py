"""The message about a CDR that is disputed: for its operator, and at our hub for both sides."""

from ocpilot.app.cdrs import clearing, clearing_actions
from ocpilot.app.cdrs.cdrs import check, verdict_of
from ocpilot.app.kept.clearing_records import Clearing
from ocpilot.app.kept.records import Record, StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.ids import shown_party
from ocpilot.base.texts import translator
from ocpilot.billing.dispute import Dispute, dispute_of, dispute_text
from ocpilot.wire.v230 import CDR


class Message(Record, frozen=True):
    """As data, as a text to send by mail, and where the CDR stands."""

    clearing: Clearing
    dispute: Dispute
    text: str


async def message(platform: Platform, stored: StoredObject, language: str = "en") -> Message:
    """What to tell about a CDR, wherever it stands; the reason is the one it stands there for."""
    standing = await clearing_actions.standing(platform, stored)
    found = await platform.store.documents.check(stored.key) or await check(platform, stored)
    translate = translator(language)
    dispute = dispute_of(
        value_of(CDR, stored),
        verdict_of(found),
        [one for one in standing.findings if one.holds] or standing.findings,
        to=_sides(platform, stored, standing),
        sender=platform.settings.seller.name or platform.settings.name,
        why=standing.reason,
        translate=translate,
        locale=language,
    )
    return Message(standing, dispute, dispute_text(dispute, translate, language))


def _sides(platform: Platform, stored: StoredObject, standing: Clearing) -> tuple[str, ...]:
    operator = str(stored.key.party)
    if clearing.is_passed_on(platform, stored) and standing.audience:
        return operator, shown_party(standing.audience)
    return (operator,)
