"""Why a charge gets what it gets, in words: a sentence with the figures it came from."""

from collections.abc import Callable
from decimal import Decimal

from ocpilot.app.kept.site_limit_records import ChargeShare, Told
from ocpilot.base.texts import Translate, mark
from ocpilot.metering.sharing import Why

_SENTENCES = {
    Why.MOST: mark("It gets the most its EVSE can give."),
    Why.PROVIDER: mark("Its provider limits it to {provider} A."),
    Why.PAUSED: mark("Its provider limits it to {provider} A, less than a car can charge with."),
    Why.UNUSED: mark("It draws {draws} A; what it does not use goes to others."),
    Why.DEPARTURE: mark("It needs {needed} A on average to have {kwh} kWh more before it leaves."),
    Why.SHARED: mark("{group} is shared evenly among its charges, by what their drivers prefer."),
    Why.WAITS: mark("It waits for its turn: {group} has not enough for all to charge at once."),
    Why.NEVER: mark("{group} allows less than a car can charge with."),
    Why.STEADY: mark("It keeps its limit for now: limits rise after a while, by an ampere at least."),
    Why.FIXED: mark("Its station cannot be told."),
}
_TOLD = {
    Told.TAKEN: mark("the station follows it"),
    Told.NOT_YET: mark("the station has not said yes yet"),
    Told.REFUSED: mark("the station refused it ({answer}): it counts with the most it can give"),
    Told.AWAY: mark("the station is not connected: it counts with the limit it took last, or the most it can give"),
}
_SITE = mark("The site")


def amount(value: Decimal) -> str:
    """With one decimal at most."""
    return f"{value.quantize(Decimal('0.1')).normalize():f}"


def reason(share: ChargeShare, translate: Translate, number: Callable[[Decimal], str] = amount) -> str:
    """Why it gets what it gets; `number` writes an amount with one decimal at most."""

    def shown(value: Decimal | None) -> str:
        return "–" if value is None else number(value)

    return translate(_SENTENCES[share.why]).format(
        provider=shown(share.provider_a),
        draws=shown(share.draws_a),
        needed=shown(share.needed_a),
        kwh=shown(share.needed_kwh),
        group=share.because_of or translate(_SITE),
    )


def told(share: ChargeShare, translate: Translate) -> str:
    """How it stands with its station."""
    return translate(_TOLD[share.told]).format(answer=share.answer or "–")
