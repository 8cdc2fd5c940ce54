"""Who signs in at the demo, and what both platforms know before anything happens."""

from dataclasses import dataclass

from ocpilot.app import accounts, catalogue, passwords, tariffs
from ocpilot.app.platform import Platform
from ocpilot.demo import network

PASSWORD = "charge-me-up"  # noqa: S105 - the demo prints it
STATION_PASSWORD = "station-secret"  # noqa: S105 - the demo's simulated stations only


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A driver of the demo provider, with a card."""

    email: str
    name: str
    card: str
    language: str


DRIVERS = (
    Driver(email="anna@example.org", name="Anna Lindqvist", card="04A1B2C3D4E5F6", language="sv"),
    Driver(email="maria@example.org", name="Maria García", card="04C3D4E5F6A1B2", language="en"),
    Driver(email="erik@example.org", name="Erik Johansson", card="04B2C3D4E5F6A1", language="sv"),
    Driver(email="omar@example.org", name="Omar Haddad", card="04D4E5F6A1B2C3", language="en"),
)
OPERATOR_EMAIL = "drift@example.org"
PROVIDER_EMAIL = "kontor@example.org"


async def settle_operator(operator: Platform) -> None:
    """The operator's Tariffs, Locations and stations, and somebody who may look at them. Again: nothing happens."""
    if await operator.store.accounts.by_email(OPERATOR_EMAIL) is not None:
        return
    for tariff in network.tariffs():
        await tariffs.put(operator, tariff)
    for location in network.locations():
        await catalogue.put_location(operator, location)
    for station in network.stations(await passwords.hashed(STATION_PASSWORD)):
        await operator.store.stations.save(station)
    await accounts.create_operator(operator, email=OPERATOR_EMAIL, name="Drift", password=PASSWORD, language="sv")


async def settle_provider(provider: Platform) -> None:
    """The provider's drivers with app and card, and somebody in the office. Again: nothing happens."""
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
