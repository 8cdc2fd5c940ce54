"""The price at a station in a driver's words, for stations that show a text (OCPP 2.x, "personalMessage")."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.texts import languages, translator
from ocpilot.base.zones import zone_named
from ocpilot.pricing import choice
from ocpilot.pricing.sentences import describe_tariff
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import DisplayText, Location, Tariff, Token

_LONGEST = 512


async def for_driver(platform: Platform, station: Station, token: Token) -> DisplayText | None:
    """What charging costs him here now; None when nobody knows, or it depends on the connector."""
    key = ObjectKey(module=ModuleID.LOCATIONS, party=station.party, id=station.location_id)
    stored = await platform.store.locations.get(key)
    if stored is None:
        return None
    location, driver = value_of(Location, stored), PartyId.of(token.country_code, token.party_id)
    found = {tariff.id: tariff async for tariff in _at(platform, station, location, driver)}
    if len(found) != 1:
        return None
    return text_of(next(iter(found.values())), token.language or "", zone_named(location.time_zone))


def text_of(tariff: Tariff, language: str, zone: ZoneInfo) -> DisplayText:
    """What its operator wrote for drivers, in this language if he did; else our sentences."""
    wanted = language[:2].lower()
    written = {one.language.lower(): one for one in reversed(tariff.tariff_alt_text)}
    if written:
        return written.get(wanted) or written.get("en") or tariff.tariff_alt_text[0]
    known = wanted if wanted in languages() else languages()[0]
    said = "\n".join(describe_tariff(tariff, translator(known), zone, known))
    return DisplayText(language=known, text=said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…")


def in_all_languages(tariff: Tariff, zone: ZoneInfo) -> tuple[DisplayText, ...]:
    """Our sentences, once in each language we have."""
    return tuple(text_of(tariff, one, zone) for one in languages())


async def _at(platform: Platform, station: Station, location: Location, driver: PartyId) -> AsyncIterator[Tariff]:
    """The Tariff of each connector of the station that holds now."""
    ours = {(fold(one.evse_uid), fold(one.ocpi_connector_id)) for one in station.connectors}
    for evse in location.evses:
        for connector in evse.connectors:
            if (fold(evse.uid), fold(connector.id)) in ours:
                held = await tariffs.at_connector(platform, station.party, connector, driver)
                usual = choice.usual(held, platform.clock())
                if usual is not None:
                    yield usual
