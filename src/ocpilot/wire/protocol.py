"""One frozen row per OCPI version: what differs between versions besides the objects.

A version is added here as a member of `Version` and a row of `PROTOCOLS`, with its classes in `wire/vXYZ/` and a step
to its neighbour in `wire/steps/`.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Version(StrEnum):
    """The versions we speak or will speak; others exist (version_information_endpoint, "VersionNumber")."""

    V2_1_1 = "2.1.1"
    V2_2_1 = "2.2.1"
    V2_3_0 = "2.3.0"


class ModuleID(StrEnum):
    """The known words of the OpenEnum ModuleID (version_information_endpoint, "ModuleID"; mod_invoice_reconciliation;
    mod_bookings and mod_payments, extensions of 2.3.0)."""

    #: The chapter says so, though its URLs say `bookings`.
    BOOKINGS = "Booking"
    CDRS = "cdrs"
    CHARGING_PROFILES = "chargingprofiles"
    COMMANDS = "commands"
    CREDENTIALS = "credentials"
    HUB_CLIENT_INFO = "hubclientinfo"
    INVOICE_RECONCILIATION = "invoicereconciliation"
    LOCATIONS = "locations"
    PAYMENTS = "payments"
    SESSIONS = "sessions"
    TARIFFS = "tariffs"
    TOKENS = "tokens"


_SINCE_2_3_0 = frozenset({ModuleID.BOOKINGS, ModuleID.INVOICE_RECONCILIATION, ModuleID.PAYMENTS})


class InterfaceRole(StrEnum):
    """Who owns the data (sender) or gets it (receiver) (version_information_endpoint, "InterfaceRole")."""

    SENDER = "SENDER"
    RECEIVER = "RECEIVER"


class TokenEncoding(StrEnum):
    """How the credentials token stands in the Authorization header (transport_and_format, "Authorization header")."""

    PLAIN = "plain"
    BASE64 = "base64"


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """What one version does in its own way."""

    version: Version
    token_encoding: TokenEncoding
    #: OCPI-from-* and OCPI-to-* headers (transport_and_format, "Message routing").
    routing_headers: bool
    #: Whether an Endpoint says which InterfaceRole it has, and Credentials which Role each party plays.
    roles: bool
    #: Whether the Credentials of a hub list the parties behind it (credentials, note at "Credentials object").
    hubs_list_members: bool
    #: Whether objects say who owns them; else only URLs do.
    owners: bool
    #: Whether Sessions and CDRs hold their Location whole.
    whole_locations: bool
    #: Whether a Tariff can be changed by PATCH (mod_tariffs 2.1.1, "PATCH Method").
    tariff_patches: bool
    #: Whether every PATCH carries `last_updated` (mod_locations 2.2.1, "PATCH Method").
    stamped_patches: bool
    #: X-Request-ID and X-Correlation-ID (transport_and_format, "Unique message IDs").
    message_ids: bool
    #: Whether `date_from` includes its moment (transport_and_format, "Paginated Request"); 2.1.1 leaves it open.
    closed_date_from: bool
    #: OpenEnums, and no refusal for unknown fields (transport_and_format, "Additional Fields"; types, "OpenEnum").
    extensible: bool
    modules: frozenset[ModuleID]


_ROWS = (
    Protocol(
        version=Version.V2_1_1,
        token_encoding=TokenEncoding.PLAIN,
        routing_headers=False,
        roles=False,
        hubs_list_members=False,
        owners=False,
        whole_locations=True,
        tariff_patches=True,
        stamped_patches=False,
        message_ids=False,
        closed_date_from=False,
        extensible=False,
        modules=frozenset(ModuleID) - _SINCE_2_3_0 - {ModuleID.CHARGING_PROFILES, ModuleID.HUB_CLIENT_INFO},
    ),
    Protocol(
        version=Version.V2_2_1,
        token_encoding=TokenEncoding.BASE64,
        routing_headers=True,
        roles=True,
        hubs_list_members=False,
        owners=True,
        whole_locations=False,
        tariff_patches=False,
        stamped_patches=True,
        message_ids=True,
        closed_date_from=True,
        extensible=False,
        modules=frozenset(ModuleID) - _SINCE_2_3_0,
    ),
    Protocol(
        version=Version.V2_3_0,
        token_encoding=TokenEncoding.BASE64,
        routing_headers=True,
        roles=True,
        hubs_list_members=True,
        owners=True,
        whole_locations=False,
        tariff_patches=False,
        stamped_patches=True,
        message_ids=True,
        closed_date_from=True,
        extensible=True,
        modules=frozenset(ModuleID),
    ),
)

#: The rows by version.
PROTOCOLS: dict[Version, Protocol] = {row.version: row for row in _ROWS}

#: What we read, check, convert and offer; newest first.
SUPPORTED: tuple[Version, ...] = tuple(sorted(PROTOCOLS, reverse=True))

#: Versions met as another one: 2.2.1 is what 2.2 was meant to be, and their objects agree but for what 2.2.1 added
#: (docs/decisions/20261126-ocpi-2-2.md).
MET_AS: dict[str, Version] = {"2.2": Version.V2_2_1}

#: The version of the classes all code above `wire/` works on.
CANONICAL = Version.V2_3_0


def newest_common(mine: Iterable[str], theirs: Iterable[str]) -> Version | None:
    """The newest version that both lists hold and that we speak; None when there is none."""
    both = set(mine) & set(theirs)
    return next((version for version in SUPPORTED if version in both), None)
