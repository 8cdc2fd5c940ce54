"""Who takes card payments, by the settings."""

import contextlib
from collections.abc import AsyncIterator

from ocpilot.app.kept.card_ports import CardProvider
from ocpilot.app.kept.card_records import PlayedPayments
from ocpilot.base import time
from ocpilot.base.errors import SettingsError
from ocpilot.base.money_settings import CardProviderName
from ocpilot.base.settings import Settings
from ocpilot.cards.played import PlayedCards


@contextlib.asynccontextmanager
async def card_provider(settings: Settings, played: PlayedPayments) -> AsyncIterator[CardProvider | None]:
    """The provider, None when nobody does. SettingsError when one of its settings is missing."""
    provider = _provider(settings, played)
    try:
        yield provider
    finally:
        if provider is not None:
            await provider.close()


def _provider(settings: Settings, played: PlayedPayments) -> CardProvider | None:
    cards = settings.cards
    if cards.provider is CardProviderName.NONE:
        return None
    if cards.provider is CardProviderName.TEST:
        return PlayedCards(played, time.now, settings.server.base_url, cards.webhook_secret)
    if not cards.secret_key:
        raise SettingsError("cards.secret_key: found nothing, expected the secret key of our account at Stripe")
    from ocpilot.cards.stripe_cards import StripeCards  # noqa: PLC0415 - half of what all other commands import

    return StripeCards(cards)
