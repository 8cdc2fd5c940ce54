"""Whatever a browser sends to a page, the answer is a page and never a fault of ours."""

from random import Random
from urllib.parse import quote, urlencode

from hostile import ODD_TEXTS, SURROGATE, huge_text
from hypothesis import given

from generated import fuzz, seeds

TEXTS = [text for text in ODD_TEXTS if text != SURROGATE]
PAGES = (
    "/",
    "/sign-in",
    "/stations.json",
    "/stations/{}/{}/{}",
    "/starts/{}",
    "/charges",
    "/charges/{}/{}/{}",
    "/receipts/{}.pdf",
    "/account",
    "/account/invoices/{}.pdf",
    "/static/{}",
)
CONSOLE = (
    "/console",
    "/console/stations",
    "/console/stations/{}",
    "/console/sites/{}/{}/{}",
    "/console/sessions/{}/{}/{}",
    "/console/transactions/{}",
    "/console/cdrs/{}/{}/{}",
    "/console/invoices",
    "/console/invoices/{}",
    "/console/invoices/{}/{}",
    "/console/peers/{}",
    "/console/customers",
    "/console/customers/new",
    "/console/customers/{}",
    "/console/messages",
    "/console/messages/{}",
    "/console/payments/{}",
    "/console/accounts/{}",
)
FORMS = ("/sign-in", "/sign-out", "/language", "/starts", "/charges/{}/{}/{}", "/console/peers/{}/replay")
FORMS += ("/console/messages/{}/replay", "/console/customers/new", "/console/customers/{}/tokens")
FORMS += ("/console/messages/{}/replay", "/console/payments", "/console/accounts/remind")
FORMS += tuple(f"/console/payments/{{}}/{word}" for word in ("match", "unmatch", "refund"))
FORMS += ("/console/invoices/{}/send", "/console/invoices/{}/credit")
FIELDS = (
    *("customer", "month", "only", "after", "why", "again"),
    *("email", "password", "next", "language", "country", "party", "location", "evse", "connector", "id"),
    *("latitude", "longitude", "radius", "page", "q", "lat", "lon", "near", "status", "module", "sub", "csrf"),
    *("peer", "direction", "object", "correlation", "request", "since", "until", "before"),
    *("kind", "name", "uid", "after", "days"),
    *("invoice", "amount", "why", "by", "which", "show", "check"),
)


def odd(random):
    return random.choice((*TEXTS, "SE", "LAD", "1", "-1", "9" * 30, "nan", "inf", huge_text(random)))


def path(random, pages):
    page = random.choice(pages)
    return page.format(*(quote(odd(random)[:2000], safe="") for _ in range(page.count("{}"))))


def fields(random):
    return {random.choice(FIELDS): odd(random) for _ in range(random.randrange(5))}


async def shot(reader, random, pages):
    if random.random() < 0.5:
        return await reader.get(f"{path(random, pages)}?{urlencode(fields(random))}"[:60_000])
    csrf = None if random.random() < 0.8 else odd(random)
    given_fields = {name: value for name, value in fields(random).items() if name != "csrf"}
    return await reader.post(path(random, FORMS), given_fields, csrf)


@fuzz(60)
@given(seed=seeds)
async def test_a_driver_s_pages_take_anything(reader, world, caplog, seed):
    caplog.clear()
    random = Random(seed)
    if random.random() < 0.1:
        await reader.sign_in("anna@example.org")
    page = await shot(reader, random, PAGES)
    assert page.status < 500, page
    assert not [record for record in caplog.records if record.exc_info]


@fuzz(60)
@given(seed=seeds)
async def test_an_operator_s_pages_take_anything(console, caplog, seed):
    caplog.clear()
    page = await shot(console, Random(seed), CONSOLE)
    assert page.status < 500, page
    assert not [record for record in caplog.records if record.exc_info]
