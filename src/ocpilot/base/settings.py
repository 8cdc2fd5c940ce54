"""The settings of one platform: a TOML file, every setting also as an environment variable `OCPILOT_...`.

`[server] public_url` is `OCPILOT_SERVER_PUBLIC_URL`, `[database] url` is `OCPILOT_DATABASE_URL`; a list of parties is
given as JSON in `OCPILOT_PARTIES`. The environment wins over the file. docs/settings.md lists them all.
"""

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import msgspec

from ocpilot.base.errors import SettingsError
from ocpilot.base.ids import PARTY_SHAPE, PartyId, is_party
from ocpilot.base.money_settings import BillingSettings, CardSettings, MailSettings, SellerSettings
from ocpilot.base.section import Section
from ocpilot.base.signed_verdict import SignedVerdict

#: The role of a hub in settings (and in 2.2.1; 2.3.0 has no such role, credentials name the hub's party).
HUB = "HUB"
#: The role of a national access point.
NAP = "NAP"
#: (types, "Role"), and a hub.
ROLES = ("CPO", "EMSP", HUB, NAP, "NSP", "OTHER", "PTP", "SCSP")


class ServerSettings(Section, frozen=True, kw_only=True):
    """Where we listen and how others reach us. `public_url` has no path; empty means http://HOST:PORT. `head_timeout`:
    seconds until the head of a request, or of a station's upgrade, must have come."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    head_timeout: float = 20.0

    @property
    def base_url(self) -> str:
        """The URL others reach us at, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class DatabaseSettings(Section, frozen=True, kw_only=True):
    """`url` of a PostgreSQL >= 15; empty starts the PostgreSQL that comes with the package in `data_dir`."""

    url: str = ""
    pool: int = 10


#: How the URL of a logo ends: what kind of picture it is (mod_locations, "Image").
PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".gif")


class PartySettings(Section, frozen=True, kw_only=True):
    """A party this installation plays a role for (Credentials, "CredentialsRole class"); `logo` is the URL of a
    picture."""

    country_code: str
    party_id: str
    role: str
    name: str
    website: str | None = None
    logo: str | None = None

    def __post_init__(self) -> None:
        if not is_party(self.country_code, self.party_id):
            found = f"{self.country_code}/{self.party_id}"
            raise ValueError(f"country_code, party_id: found {found}, expected {PARTY_SHAPE}, such as SE/LAD")
        if self.role not in ROLES:
            raise ValueError(f"role: found {self.role!r}, expected one of {', '.join(ROLES)}")
        if self.logo is not None and not self.logo.lower().endswith(PICTURES):
            raise ValueError(f"logo: found {self.logo!r}, expected a URL that ends with {', '.join(PICTURES)}")

    @property
    def id(self) -> PartyId:
        """The party's two codes."""
        return PartyId.of(self.country_code, self.party_id)


class SecuritySettings(Section, frozen=True, kw_only=True):
    """`secret_key` seals partner tokens and signs cookies; empty makes one in `data_dir` at first start.

    `allow_inner_addresses` lets partners live on this machine or network (tests, demo); never set it in production.
    """

    secret_key: str = ""
    allow_inner_addresses: bool = False


class HubMode(StrEnum):
    """What a hub does with what is addressed to one of its members: keep and pass on, or only pass on."""

    STORED = "stored"
    PASS_THROUGH = "pass_through"  # noqa: S105 - no password


class RoamingSettings(Section, frozen=True, kw_only=True):
    """Times in seconds: how long a station waits for a provider, how long a command may take (at least
    twice `stations.call_timeout`, for it may have to wait until the call before it is given up), how often we fetch
    what a peer changed (beside its pushes). `profiles_per_minute`: how many charging profile orders a peer may give
    for one Session. `compare_at`: the time of day, in `web.time_zone`, at which what peers list is compared with what
    we hold; empty is never. `cdr_missing_after`: hours after which a charge without a CDR is missing one. `hub_mode`
    matters to a platform with a party of role HUB."""

    authorize_deadline: float = 8.0
    command_timeout: float = 45.0
    retry_first: float = 1.0
    retry_longest: float = 300.0
    page_limit: int = 100
    pull_interval: float = 6 * 3600.0
    profiles_per_minute: int = 20
    compare_at: str = "03:00"
    cdr_missing_after: float = 24.0
    hub_mode: HubMode = HubMode.STORED


class ApiSettings(Section, frozen=True, kw_only=True):
    """`requests_per_minute` that one API key may send to one process."""

    requests_per_minute: int = 6000


class ChargingSettings(Section, frozen=True, kw_only=True):
    """`cdr_delay` seconds a stopped transaction waits for late meter values before its CDR is made. `silent_after`
    hours without a word about a transaction it is ended where its last meter value was, seven times as late while its
    station is away; 0 is never. `unread_after` hours a charge whose end was not read waits for the next value of its
    meter; then it is billed by what was read, unless more than `unread_most` kWh may have flowed unread. `site_*` are
    seconds: how often limits of sites are shared anew when nothing happens, how long a turn lasts where there is not
    enough for all, after how long what a car does not use goes to others, and how long a limit stays before it rises
    again. `send_soc`: Sessions tell providers the state of charge of the car's battery."""

    currency: str = "EUR"
    cdr_delay: float = 5.0
    silent_after: float = 24.0
    unread_after: float = 12.0
    unread_most: float = 10.0
    site_look: float = 10.0
    site_turn: float = 900.0
    site_unused_after: float = 180.0
    site_settle: float = 30.0
    send_soc: bool = False


class SignedSettings(Section, frozen=True, kw_only=True):
    """Signed meter values: which verdicts `hold` a charge until a person has looked at it, and how many kWh billed and
    signed energy may be apart (`tolerance`): a station's registers are in whole Wh and read a moment apart."""

    hold: tuple[SignedVerdict, ...] = (
        SignedVerdict.INVALID,
        SignedVerdict.OTHER_KEY,
        SignedVerdict.MISMATCHED,
        SignedVerdict.OTHER_ENERGY,
    )
    tolerance: Decimal = Decimal("0.05")

    def __post_init__(self) -> None:
        if not self.tolerance >= 0:
            raise ValueError(f"tolerance: found {self.tolerance}, expected 0 kWh or more")


class UnknownStations(StrEnum):
    """What becomes of a station that nobody added: sent away, or let in to wait until somebody decides."""

    REFUSE = "refuse"
    WAIT = "wait"


class StationSettings(Section, frozen=True, kw_only=True):
    """Connections of stations. Times in seconds; sizes in bytes.

    `unsecured` lets stations in that have no password (security profile 0). `tls_port` listens with `tls_certificate`
    and `tls_key`; with `client_ca` stations may show a client certificate (profile 3). `ca_certificate` and `ca_key`
    sign certificates that stations ask for, for `certificate_days`. `trusted_proxies` may say in `X-Forwarded-For` and
    `X-Forwarded-Proto` who connects and how, and in `certificate_header` whose client certificate they verified.
    `wrong_passwords` per quarter of an hour, of one station from one address. `messages_per_second` of one station,
    after a `burst`, are read, the rest later; `flood` is how many may come before their turn until it is sent away.
    `connections` and `connections_per_address` of one process; 0 is no limit.

    `local_lists`: stations get the Tokens that may charge without an answer. `tariffs`: those of OCPP 2.1 get the
    Tariff of each EVSE. `cost_interval`: at most how often a station that can show it is told what a charge costs; 0 is
    never. `concurrent_charges`: one Token may charge at several EVSEs at once. `ad_hoc`: somebody whom a station does
    not know may, for he paid there.
    """

    unknown_stations: UnknownStations = UnknownStations.WAIT
    waiting_most: int = 100
    unsecured: bool = False
    tls_port: int = 0
    tls_certificate: str = ""
    tls_key: str = ""
    client_ca: str = ""
    ca_certificate: str = ""
    ca_key: str = ""
    certificate_days: int = 365
    trusted_proxies: tuple[str, ...] = ()
    certificate_header: str = ""
    wrong_passwords: int = 10
    heartbeat_interval: int = 300
    ping_interval: float = 60.0
    ping_timeout: float = 30.0
    call_timeout: float = 20.0
    max_message: int = 4 * 1024 * 1024
    messages_per_second: float = 50.0
    burst: int = 500
    flood: int = 500
    connections: int = 20_000
    connections_per_address: int = 0
    local_lists: bool = True
    tariffs: bool = True
    concurrent_charges: bool = True
    ad_hoc: bool = False
    cost_interval: Annotated[float, msgspec.Meta(ge=0)] = 60.0


class WebSettings(Section, frozen=True, kw_only=True):
    """`languages` offered to drivers, the first one is the default, and the console is in those of them that it has;
    `time_zone` (IANA) is where the operator's people work; `map_*` is where the map opens. `ad_hoc`: whoever stands at
    a station of ours may start a charge there without an account."""

    languages: tuple[str, ...] = ("en", "sv", "de", "nl")
    time_zone: str = "UTC"
    map_latitude: float = 59.6
    map_longitude: float = 16.5
    map_zoom: float = 5.0
    map_style_url: str = ""
    ad_hoc: bool = False


class Logged(StrEnum):
    """Which messages go into a log."""

    ALL = "all"
    ERRORS = "errors"
    NONE = "none"


class LogSettings(Section, frozen=True, kw_only=True):
    """The message log: which `messages` are kept, for how many `days`, and what of their bodies: none, at most
    `body_bytes` of each, and those of lists that were answered well only with `list_bodies`. The same for OCPP `frames`
    of stations: at most `frame_characters` of each, for `frame_days`."""

    messages: Logged = Logged.ALL
    bodies: bool = True
    list_bodies: bool = False
    body_bytes: Annotated[int, msgspec.Meta(ge=0)] = 65536
    days: Annotated[int, msgspec.Meta(ge=1)] = 30
    frames: Logged = Logged.ALL
    frame_characters: Annotated[int, msgspec.Meta(ge=0)] = 16384
    frame_days: Annotated[int, msgspec.Meta(ge=1)] = 7


class Settings(Section, frozen=True, kw_only=True, dict=True):
    """All settings of one platform."""

    name: str = "OCPIlot"
    data_dir: Path = Path("data")
    parties: tuple[PartySettings, ...] = ()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    seller: SellerSettings = SellerSettings()
    mail: MailSettings = MailSettings()
    billing: BillingSettings = BillingSettings()
    cards: CardSettings = msgspec.field(default_factory=CardSettings)
    security: SecuritySettings = SecuritySettings()
    roaming: RoamingSettings = RoamingSettings()
    api: ApiSettings = ApiSettings()
    charging: ChargingSettings = ChargingSettings()
    stations: StationSettings = StationSettings()
    signed: SignedSettings = SignedSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()

    def __post_init__(self) -> None:
        if self.seller.receipt_series in self.billing.document_series:
            raise ValueError(
                f"seller.receipt_series: found {self.seller.receipt_series}, expected one that leads no invoices: "
                "receipts and invoices are told apart by their numbers"
            )

    def parties_as(self, *roles: str) -> tuple[PartySettings, ...]:
        """Our parties that play one of these roles (`CPO`, `EMSP` ...)."""
        return tuple(party for party in self.parties if party.role in roles)

    @cached_property
    def hub(self) -> PartyId | None:
        """Our party that is a hub; None when we are none."""
        return self._first(HUB)

    @cached_property
    def access_point(self) -> PartyId | None:
        """Our party that is a national access point; None when we are none, or a hub, which passes on everything."""
        return self._first(NAP) if self.hub is None else None

    @cached_property
    def passing(self) -> PartyId | None:
        """Our party that passes on what peers send: a hub or an access point."""
        return self.hub or self.access_point

    def _first(self, role: str) -> PartyId | None:
        return next((party.id for party in self.parties if party.role == role), None)


def load(path: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from a TOML file (None: no file) and the environment; SettingsError names what is wrong."""
    raw = {} if path is None else _read_toml(path)
    _lay_over(raw, os.environ if environ is None else environ)
    try:
        return msgspec.convert(raw, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path or 'environment'}: {error}; docs/settings.md lists all settings") from error


def _path(kind: type, found: object) -> object:
    """What msgspec does not know by itself: a folder."""
    if kind is Path and isinstance(found, str):
        return Path(found)
    raise TypeError(f"expected a {kind.__name__}, found {found!r}")


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: no TOML: {error}") from error


def variables() -> dict[str, tuple[str, ...]]:
    """Every environment variable and the path of its setting: {"OCPILOT_SERVER_PORT": ("server", "port")}."""
    names: dict[str, tuple[str, ...]] = {}
    for name, kind in get_type_hints(Settings).items():
        if isinstance(kind, type) and issubclass(kind, Section):
            for inner in kind.__struct_fields__:
                names[f"OCPILOT_{name}_{inner}".upper()] = (name, inner)
        else:
            names[f"OCPILOT_{name}".upper()] = (name,)
    return names


def _lay_over(raw: dict[str, object], environ: Mapping[str, str]) -> None:
    for variable, path in variables().items():
        if variable not in environ:
            continue
        target: dict[str, object] = raw
        for part in path[:-1]:
            step = target.setdefault(part, {})
            if not isinstance(step, dict):
                raise SettingsError(f"{part}: found {step!r}, expected a section")
            target = step
        target[path[-1]] = _value(variable, environ[variable], path)


def _value(variable: str, text: str, path: tuple[str, ...]) -> object:
    kind: object = Settings
    for part in path:
        kind = get_type_hints(kind)[part]
    if not get_args(kind):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(f'{variable}: found {text!r}, expected JSON such as ["en", "sv"]') from error
