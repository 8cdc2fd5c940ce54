"""Who signs in at the demo, and what both platforms know before anything happens."""

from dataclasses import dataclass

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
    Driver(email="erik@example.org", name="Erik Johansson", card="04B2C3D4E5F6A1", language="sv"),
    Driver(email="maria@example.org", name="Maria Garcia", card="04C3D4E5F6A1B2", language="en"),
    Driver(email="omar@example.org", name="Omar Haddad", card="04D4E5F6A1B2C3", language="en"),
)
OPERATOR_EMAIL = "drift@example.org"
PROVIDER_EMAIL = "kontor@example.org"
