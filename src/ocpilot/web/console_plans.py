"""The operator console: price plans, and the price series they follow with what is missing in them."""

from starlette.responses import Response

from ocpilot.app.customers.plan_words import margin_words, words_of
from ocpilot.web.reader import Reader


async def listed(reader: Reader) -> Response:
    """All plans and all series."""
    tongue, store = reader.tongue, reader.platform.store
    translate, locale = tongue.translate, tongue.formats.locale
    plans = [
        (
            plan.name,
            words_of(plan, translate, locale),
            [(one.party, margin_words(one.margin, plan.currency, translate, locale)) for one in plan.exceptions],
        )
        for plan in await store.plans.all()
    ]
    series = [(one, await store.price_series.gaps(one.name)) for one in await store.price_series.all()]
    return reader.page("console/plans.html", {"plans": plans, "series": series})
