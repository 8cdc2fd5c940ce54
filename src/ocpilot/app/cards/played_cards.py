"""The cards of the provider that is built in, and what a driver does at its page: no money moves, no card is real."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from ocpilot.app.kept.card_ports import CardState, PlayedPayment
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.texts import mark

#: What becomes of a payment with a card of this number; None: the bank asks first.
CARDS: Final[dict[str, tuple[CardState | None, str]]] = {
    "4242424242424242": (CardState.AUTHORISED, mark("is accepted")),
    "4000000000000002": (CardState.DECLINED, mark("is declined")),
    "4000000000003220": (None, mark("needs a confirmation")),
    "4000000000000069": (CardState.EXPIRED, mark("has expired")),
}
UNKNOWN = mark("There is no such test card.")


async def payment(platform: Platform, reference: str) -> PlayedPayment:
    """By its id at the provider; NotFound otherwise."""
    found = await platform.store.played_payments.get(reference)
    if found is None:
        raise NotFound(f"no payment {reference}")
    return found


async def pay(platform: Platform, reference: str, number: str) -> PlayedPayment:
    """The driver enters the number of a card. One that is not known changes nothing but the message."""
    plain = "".join(one for one in number if one.isdigit())
    after, message = CARDS.get(plain, (CardState.OPEN, UNKNOWN))

    def change(kept: PlayedPayment) -> PlayedPayment:
        if kept.state is not CardState.OPEN:
            return kept
        card = f"Visa •••• {plain[-4:]}" if plain in CARDS else ""
        said = message if after in {CardState.DECLINED, CardState.EXPIRED, CardState.OPEN} else ""
        return replace(kept, card=card, asked=after is None, state=after or CardState.OPEN, message=said)

    return await _changed(platform, reference, change)


async def answer(platform: Platform, reference: str, *, yes: bool) -> PlayedPayment:
    """The driver confirms what his bank asked, or does not."""

    def change(kept: PlayedPayment) -> PlayedPayment:
        if kept.state is not CardState.OPEN or not kept.asked:
            return kept
        state = CardState.AUTHORISED if yes else CardState.DECLINED
        return replace(kept, state=state, message="" if yes else "not confirmed")

    return await _changed(platform, reference, change)


async def _changed(
    platform: Platform, reference: str, change: Callable[[PlayedPayment], PlayedPayment]
) -> PlayedPayment:
    changed = await platform.store.played_payments.modify(reference, change)
    if changed is None:
        raise NotFound(f"no payment {reference}")
    return changed
