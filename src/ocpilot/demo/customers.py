"""What the demo provider has before anything happens: drivers, an office, a customer with a plan and a company."""

from collections.abc import Mapping
from datetime import timedelta

from ocpilot.app.customers import customers as payers
from ocpilot.app.customers import plans
from ocpilot.app.kept.customer_records import CustomerToken
from ocpilot.app.ocpi import accounts, tokens
from ocpilot.app.platform import Platform
from ocpilot.demo.people import DRIVERS, PASSWORD, PROVIDER_EMAIL, VANS, Driver
from ocpilot.wire.v230 import TokenType

#: Whose Tokens were his before the demo began.
_SINCE = timedelta(days=7)


async def settle_provider(provider: Platform) -> None:
    """The provider's drivers with app and card, its customers, and somebody in the office. Again: nothing happens."""
    if await provider.store.accounts.by_email(PROVIDER_EMAIL) is not None:
        return
    for driver in DRIVERS:
        await accounts.create_driver(
            provider,
            email=driver.email,
            name=driver.name,
            password=PASSWORD,
            language=driver.language,
            cards=(driver.card,),
        )
    await accounts.create_operator(provider, email=PROVIDER_EMAIL, name="Kontoret", password=PASSWORD, language="sv")
    await _settle_customers(provider)


async def _settle_customers(provider: Platform) -> None:
    """Two customers and their plans."""
    await plans.add(provider, "PLUS", {"percent": "-5", "per_charge": "2", "currency": "SEK"})
    await plans.add(provider, "FLEET", {"per_kwh": "0.20", "currency": "SEK"})
    paying = next(one for one in DRIVERS if one.plan)
    alone = {
        "kind": "driver",
        "country": "SE",
        "name": paying.name,
        "email": paying.email,
        "language": paying.language,
        "cycle": "charge",
        "plan": paying.plan,
    }
    number = await _add(provider, alone)
    await _give(provider, number, paying)
    company = {
        "kind": "company",
        "country": "SE",
        "name": "Bud & Bil AB",
        "street": "Kungsgatan 1",
        "postal_code": "111 43",
        "city": "Stockholm",
        "organisation_number": "556036-0793",
        "vat_number": "SE556036079301",
        "email": "faktura@bud.example",
        "language": "sv",
        "plan": "FLEET",
    }
    number = await _add(provider, company)
    for driver in DRIVERS:
        if driver.cost_centre:
            await _give(provider, number, driver)
    await _give_vans(provider, number)


async def _give_vans(provider: Platform, number: str) -> None:
    """The company's vans, which nobody signs in for."""
    customer, party = await payers.numbered(provider, number), accounts.provider(provider)
    since = provider.clock() - _SINCE
    for name, uid in VANS.items():
        await tokens.issue(provider, party, uid=uid, type_=TokenType.RFID)
        token = CustomerToken(uid=uid, customer_id=customer.id, driver=name, cost_centre="Vans", since=since)
        await payers.give_token(provider, token)


async def _add(provider: Platform, texts: Mapping[str, str]) -> str:
    return (await payers.add(provider, texts)).customer.number


async def _give(provider: Platform, number: str, driver: Driver) -> None:
    customer = await payers.numbered(provider, number)
    for uid in await payers.tokens_of_account(provider, driver.email):
        token = CustomerToken(
            uid=uid,
            customer_id=customer.id,
            driver=driver.name,
            cost_centre=driver.cost_centre,
            since=provider.clock() - _SINCE,
        )
        await payers.give_token(provider, token)
