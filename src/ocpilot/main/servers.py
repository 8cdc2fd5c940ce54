"""The servers of one process: everything on one port, and stations by TLS on another."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import Settings, StationSettings
from ocpilot.main.impatient import impatient
from ocpilot.main.tls_files import TlsFiles
from ocpilot.ocpp.gateway import Gateway
from ocpilot.ocpp.station_socket import StationSocket

#: Seconds that requests in flight get to finish when we are asked to stop.
_GRACE = 10


class Server(uvicorn.Server):
    """As uvicorn makes it, but stations are let go first: it would close their websockets in the middle of a call."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway | None) -> None:
        super().__init__(config)
        self._gateway = gateway

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        if self._gateway is not None:
            await self._gateway.close()
        await super().shutdown(sockets)


def main_server(settings: Settings, app: ASGIApp, gateway: Gateway | None) -> Server:
    """What listens at `server.port`."""
    host, port = settings.server.host, settings.server.port
    return Server(_config(settings, app, host, port), gateway)


@contextlib.asynccontextmanager
async def station_server(settings: Settings, gateway: Gateway | None) -> AsyncIterator[None]:
    """What listens at `stations.tls_port`, if that is set."""
    stations = settings.stations
    if gateway is None or not stations.tls_port:
        yield
        return
    config = _config(settings, Starlette(routes=[gateway.route()]), settings.server.host, stations.tls_port)
    config.lifespan = "off"
    config.proxy_headers = False
    config.ssl_certfile = _file("tls_certificate", stations.tls_certificate)
    config.ssl_keyfile = _file("tls_key", stations.tls_key)
    if stations.client_ca:
        config.ssl_ca_certs = _file("client_ca", stations.client_ca)
        config.ssl_cert_reqs = ssl.CERT_OPTIONAL
    async with _running(config), _fresh_certificates(stations, config):
        yield


@contextlib.asynccontextmanager
async def _running(config: uvicorn.Config) -> AsyncIterator[None]:
    """A server beside the main one, which alone listens to signals."""
    try:
        config.load()
    except ssl.SSLError as error:
        raise SettingsError(f"stations.tls_certificate, tls_key, client_ca: no certificates: {error}") from error
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield
    finally:
        await server.shutdown()


@contextlib.asynccontextmanager
async def _fresh_certificates(stations: StationSettings, config: uvicorn.Config) -> AsyncIterator[None]:
    """Certificates are renewed while we run: connections from then on get the new ones."""
    if config.ssl is None:
        raise SettingsError("stations.tls_port: TLS has no context")
    task = asyncio.create_task(TlsFiles(stations, config.ssl).run(), name="TLS files")
    try:
        yield
    finally:
        task.cancel()


def _file(name: str, path: str) -> str:
    if not path or not Path(path).is_file():
        raise SettingsError(f"stations.{name}: found {path or 'nothing'}, expected a file (PEM), for tls_port is set")
    return path


def _config(settings: Settings, app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    stations = settings.stations
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=impatient(settings.server.head_timeout),
        ws=StationSocket,
        ws_max_size=stations.max_message,
        ws_ping_interval=stations.ping_interval or None,
        ws_ping_timeout=stations.ping_timeout,
        ws_per_message_deflate=False,
        # Who signs in or starts a charge is slowed down by his address, not by that of the proxy he shares with all.
        forwarded_allow_ips=["127.0.0.1", *stations.trusted_proxies],
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_GRACE,
    )
