"""Why a partner could not be reached, in words: his certificate, his name, or nobody there."""

import ssl
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey

from authority import Authority
from ocpilot.http.outward import in_words, outward_session


@asynccontextmanager
async def serving(files):
    """A server on 127.0.0.1 with this certificate: its port."""

    async def handler(_):
        return web.Response()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def said_of(url, trusted: ssl.SSLContext | bool = True):
    async with outward_session(allow_inner=True) as session:
        with pytest.raises((aiohttp.ClientError, OSError)) as caught:
            await session.get(url, ssl=trusted)
    return in_words(caught.value)


async def test_a_certificate_that_nobody_signed_whom_we_know(tmp_path):
    async with serving(Authority(tmp_path).issue("peer")) as port:
        said = await said_of(f"https://127.0.0.1:{port}/")
    assert said == "the certificate of 127.0.0.1 is not accepted: unable to get local issuer certificate"


async def test_a_certificate_that_is_over(tmp_path):
    authority = Authority(tmp_path)
    async with serving(authority.issue("peer", lasts=-timedelta(hours=1))) as port:
        said = await said_of(f"https://127.0.0.1:{port}/", authority.client())
    assert said == "the certificate of 127.0.0.1 is not accepted: certificate has expired"


async def test_a_certificate_of_another_name(tmp_path):
    authority = Authority(tmp_path)
    async with serving(authority.issue("peer")) as port:
        said = await said_of(f"https://localhost:{port}/", authority.client())
    assert said.startswith("the certificate of localhost is not accepted: Hostname mismatch")


def test_a_name_that_nobody_knows():
    """As aiohttp says it; no resolver is asked in a test."""
    there = ConnectionKey("shut.example", 443, True, True, None, None, None)
    error = aiohttp.ClientConnectorDNSError(there, OSError(-2, "Name or service not known"))
    assert in_words(error) == "the name shut.example is not found: Name or service not known"


async def test_nobody_there_is_said_as_it_was():
    assert "Connect call failed" in await said_of("https://127.0.0.1:9/")
