"""Who signs in at the demo, and what both platforms know before anything happens."""

from dataclasses import dataclass

from ocpilot.app import passwords
from ocpilot.app.ocpi import accounts, tariffs
from ocpilot.app.office import catalogue
from ocpilot.app.platform import Platform
from ocpilot.demo import network

PASSWORD = "charge-me-up"  # noqa: S105 - the demo prints it
STATION_PASSWORD = "station-secret"  # noqa: S105 - the demo's simulated stations only


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A driver of the demo provider, with a card. He pays by invoice and this plan, or his company does for this cost
    centre; else each charge has its receipt."""

    email: str
    name: str
    card: str
    language: str
    plan: str = ""
    cost_centre: str = ""

    @property
    def pays(self) -> str:
        """In words."""
        if self.plan:
            return f"by invoice, price plan {self.plan}"
        return f"his company by invoice, cost centre {self.cost_centre}" if self.cost_centre else "with receipts"


DRIVERS = (
    Driver(email="anna@example.org", name="Anna Lindqvist", card="04A1B2C3D4E5F6", language="sv"),
    Driver(email="maria@example.org", name="Maria García", card="04C3D4E5F6A1B2", language="en"),
    Driver(
        email="erik@example.org",
        name="Erik Johansson",
        card="04B2C3D4E5F6A1",
        language="sv",
        cost_centre="Service",
    ),
    Driver(email="omar@example.org", name="Omar Haddad", card="04D4E5F6A1B2C3", language="en", plan="PLUS"),
    Driver(email="lena@example.org", name="Lena Vogel", card="04E5F6A1B2C3D4", language="de", cost_centre="Sales"),
    Driver(email="joost@example.org", name="Joost de Vries", card="04F6A1B2C3D4E5", language="nl"),
)
#: Cards of the company's vans by name, one for each EVSE: a card is at one place at a time.
VANS = {f"Van {number}": f"04F0{number:04X}A1B2C3" for number in range(1, 91)}
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
