"""Registration in both directions (credentials, "Interfaces and endpoints")."""

import msgspec

from ocpilot.base.errors import BadRequest, InvalidObject, NoMatchingEndpoints, PeerNonsense
from ocpilot.base.ids import new_credentials_token
from ocpilot.mock.exchange import Asked, Reply
from ocpilot.mock.faults import Fault
from ocpilot.mock.partner import Partner
from ocpilot.roaming import handshake
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.protocol import CANONICAL, ModuleID, Version
from ocpilot.wire.v230 import Credentials, Endpoint, VersionDetails, VersionInfo


async def credentials(partner: Partner, asked: Asked, token: str) -> Reply:
    """All methods of the credentials module; `token` is the one the caller used."""
    asked.only("GET", "POST", "PUT", "DELETE")
    registered = partner.connection.token is not None
    if asked.method == "GET":
        shown = new_credentials_token() if partner.faults.hits(Fault.OTHER_TOKEN) else token
        return Reply(data=partner.credentials(shown, asked.version))
    _check_method(partner, asked.method, registered=registered)
    if asked.method == "DELETE":
        if not partner.faults.hits(Fault.DEAF_UNREGISTER):
            partner.forget()
        return Reply()
    return await _accept(partner, asked, token)


def _check_method(partner: Partner, method: str, *, registered: bool) -> None:
    hits = partner.faults.hits
    refused = {"POST": Fault.NOBODY_REGISTERS, "PUT": Fault.PUT_IGNORED, "DELETE": Fault.NO_UNREGISTER}
    if registered is (method != "POST") and hits(refused[method]):
        raise BadRequest(f"{method} of credentials is not taken here")
    second = registered and method == "POST" and hits(Fault.SECOND_REGISTRATION)
    early = not registered and method == "PUT" and hits(Fault.EARLY_UPDATE)
    if not second and not early:
        handshake.check_method(method, registered=registered)


async def _accept(partner: Partner, asked: Asked, token: str) -> Reply:
    theirs = codec.read(Credentials, asked.version, asked.object(), partner.their_context()).value
    trusting = partner.faults.hits(Fault.NO_CALLBACK)
    endpoints = () if trusting else await _discover(partner, theirs.url, theirs.token, asked.version)
    given = token if partner.faults.hits(Fault.SAME_TOKEN) else new_credentials_token()
    partner.connect(theirs, asked.version, endpoints, given)
    return Reply(data=partner.credentials(given, asked.version))


async def register(partner: Partner, versions_url: str, token_a: str, wanted: Version | None = None) -> Version:
    """Register with the partner at this URL; returns the version both speak. PeerError and its kin otherwise."""
    listed = await partner.caller.ask("GET", versions_url, token_a)
    version, details_url = handshake.choose_version(_infos(listed), wanted)
    endpoints = _endpoints(partner, version, await partner.caller.ask("GET", details_url, token_a, version))
    url = next((one.url for one in endpoints if one.identifier == ModuleID.CREDENTIALS), None)
    if url is None:
        raise NoMatchingEndpoints("the credentials endpoint is missing in their version details")
    given = new_credentials_token()
    # Their call back comes with this token before they answer.
    partner.connection.token = given
    said = await partner.caller.ask("POST", url, token_a, version, partner.credentials(given, version))
    try:
        theirs = codec.read(Credentials, version, said, partner.their_context()).value
    except InvalidObject as error:
        raise PeerNonsense(f"their credentials: {error}") from error
    partner.connect(theirs, version, endpoints, given)
    return version


async def _discover(partner: Partner, url: str, token: str, version: Version) -> tuple[Endpoint, ...]:
    _, details_url = handshake.choose_version(_infos(await partner.caller.ask("GET", url, token, version)), version)
    return _endpoints(partner, version, await partner.caller.ask("GET", details_url, token, version))


def _infos(listed: object) -> list[VersionInfo]:
    if not isinstance(listed, list):
        raise PeerNonsense("their versions endpoint returned no list")
    return [msgspec.convert(one, VersionInfo) for one in listed if isinstance(one, dict) and "version" in one]


def _endpoints(partner: Partner, version: Version, details: object) -> tuple[Endpoint, ...]:
    try:
        return codec.read(VersionDetails, version, details, partner.their_context()).value.endpoints
    except InvalidObject as error:
        raise PeerNonsense(f"their version details: {error}") from error


def versions(partner: Partner) -> Reply:
    """The versions we speak (version_information_endpoint)."""
    infos = [VersionInfo(version=one, url=f"{partner.base_url}/ocpi/{one}") for one in partner.versions]
    listed = [codec.body_of(info) for info in infos]
    if partner.faults.hits(Fault.NO_VERSION_URLS):
        listed.append({"version": "9.9"})
    if partner.faults.hits(Fault.RELATIVE_URLS):
        listed.append({"version": "9.9", "url": "/ocpi/9.9"})
    return Reply(data=listed)


def details(partner: Partner, version: Version) -> Reply:
    """Our endpoints of one version."""
    listed = codec.body_of(VersionDetails(version=version, endpoints=partner.endpoints(version)))
    body = codec.convert(VersionDetails, listed, CANONICAL, version, Context(party=partner.party)).body
    if partner.faults.hits(Fault.NO_VERSION_DETAILS):
        body["endpoints"] = []
    rows = [row for row in body["endpoints"] if isinstance(row, dict)] if isinstance(body["endpoints"], list) else []
    if partner.faults.hits(Fault.NO_ROLES):
        body["endpoints"] = [{name: value for name, value in row.items() if name != "role"} for row in rows]
    if partner.faults.hits(Fault.ENDPOINTS_TWICE):
        body["endpoints"] = rows + rows
    return Reply(data=body)
