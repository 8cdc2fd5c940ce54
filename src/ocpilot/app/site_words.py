"""Why a charge gets what it gets, in words: a sentence with the figures it came from."""

from decimal import Decimal

from ocpilot.app.site_limit_records import ChargeShare, Told
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


def reason(share: ChargeShare, translate: Translate) -> str:
    """Why it gets what it gets."""
    return translate(_SENTENCES[share.why]).format(
        provider=amount(share.provider_a),
        draws=amount(share.draws_a),
        needed=amount(share.needed_a),
        kwh=amount(share.needed_kwh),
        group=share.because_of or translate(_SITE),
    )


def told(share: ChargeShare, translate: Translate) -> str:
    """How it stands with its station."""
    return translate(_TOLD[share.told]).format(answer=share.answer or "–")


def amount(value: Decimal | None) -> str:
    """With one decimal at most."""
    return "–" if value is None else f"{value.quantize(Decimal('0.1')).normalize():f}"
