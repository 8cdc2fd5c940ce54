"""The command line: which commands there are, and what each is handed."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from uvicorn.loops.auto import auto_loop_factory

from ocpilot import __version__
from ocpilot.api import openapi as api
from ocpilot.app.platform import Platform
from ocpilot.base import settings as settings_file
from ocpilot.base.errors import InvalidObject, OcpilotError, SettingsError
from ocpilot.base.settings import Settings
from ocpilot.cli import (
    account,
    api_key,
    books,
    card,
    cdr,
    cdr_check,
    charge,
    check,
    clearing,
    convert,
    customer,
    db,
    export_objects,
    hook,
    import_objects,
    invoice,
    invoice_remind,
    ledger,
    load,
    log,
    mock,
    ocmf,
    openapi,
    payment,
    peer,
    plan,
    price,
    price_many,
    price_series,
    reconcile,
    schema,
    serve,
    simulate,
    site_limit,
    station,
    station_join,
    station_message,
    station_simulate,
    tariff,
    terminal,
    validate,
)
from ocpilot.demo import command as demo
from ocpilot.http.openapi import document_of_everything
from ocpilot.main import serving
from ocpilot.main.book_commands import BooksOf, ReconciliationOf
from ocpilot.main.card_commands import CardsOf, TerminalsOf
from ocpilot.main.check_commands import Checks
from ocpilot.main.clearing_commands import ClearingOf
from ocpilot.main.customer_commands import CustomersOf, PlansOf, PricesOf
from ocpilot.main.invoice_commands import InvoicesOf
from ocpilot.main.join_commands import Joining
from ocpilot.main.joined import open_platform
from ocpilot.main.log_commands import LogOf
from ocpilot.main.message_commands import Messages
from ocpilot.main.mock_commands import Mocks
from ocpilot.main.office_commands import ApiKeysOf, HooksOf, Moving
from ocpilot.main.payment_commands import LedgerOf, PaymentsOf, RemindersOf
from ocpilot.main.peer_commands import PeersOf
from ocpilot.main.platform_commands import Accounts, Cdrs, HeldCharges, Loading, Meters
from ocpilot.main.simulated import Fleets, Simulations
from ocpilot.main.site_commands import SitesOf
from ocpilot.main.station_commands import StationsOf
from ocpilot.store.upkeep import Upkeep

#: Commands that need neither settings nor a database.
_PURE: dict[str, Callable[[argparse.Namespace], int]] = {
    "validate": validate.run,
    "convert": convert.run,
    "price": price.run,
    "cdr check": cdr_check.run,
    "ocmf verify": ocmf.run_verify,
    "price-many": price_many.run,
    "schema": schema.run,
    "tariff": tariff.run,
    "openapi": lambda args: openapi.run(args, document_of_everything, api.document),
}

#: Commands that talk with a platform from outside and need no settings either.
_ALONE: dict[str, Callable[[argparse.Namespace], Coroutine[None, None, int]]] = {
    "mock": lambda args: mock.run(args, Mocks()),
    "check": lambda args: check.run(args, Checks()),
    "simulate": lambda args: simulate.run(args, Fleets()),
    "station simulate": lambda args: station_simulate.run(args, Simulations()),
}

#: Commands that work on a platform.
_ON_PLATFORM: dict[str, Callable[[argparse.Namespace, Platform], Awaitable[int]]] = {
    "account": lambda args, platform: account.run(args, Accounts(platform)),
    "card": lambda args, platform: card.run(args, CardsOf(platform)),
    "terminal": lambda args, platform: terminal.run(args, TerminalsOf(platform)),
    "cdr": lambda args, platform: cdr.run(args, Cdrs(platform)),
    "invoice": lambda args, platform: invoice.run(args, InvoicesOf(platform)),
    "invoice remind": lambda args, platform: invoice_remind.run(args, RemindersOf(platform)),
    "reconcile": lambda args, platform: reconcile.run(args, ReconciliationOf(platform)),
    "books": lambda args, platform: books.run(args, BooksOf(platform)),
    **{f"cdr {action}": lambda args, platform: clearing.run(args, ClearingOf(platform)) for action in clearing.ACTIONS},
    "ocmf": lambda args, platform: ocmf.run(args, Meters(platform)),
    "charge": lambda args, platform: charge.run(args, HeldCharges(platform)),
    "station": lambda args, platform: station.run(args, StationsOf(platform)),
    **{
        f"station {action}": lambda args, platform: station_join.run(args, Joining(platform))
        for action in station_join.ACTIONS
    },
    "station message": lambda args, platform: station_message.run(args, Messages(platform)),
    "site-limit": lambda args, platform: site_limit.run(args, SitesOf(platform)),
    "payment": lambda args, platform: payment.run(args, PaymentsOf(platform)),
    "ledger": lambda args, platform: ledger.run(args, LedgerOf(platform)),
    "customer": lambda args, platform: customer.run(args, CustomersOf(platform)),
    "plan": lambda args, platform: plan.run(args, PlansOf(platform)),
    "price-series": lambda args, platform: price_series.run(args, PricesOf(platform)),
    "load": lambda args, platform: load.run(args, Loading(platform)),
    "peer": lambda args, platform: peer.run(args, PeersOf(platform)),
    "log": lambda args, platform: log.run(args, LogOf(platform)),
    "api-key": lambda args, platform: api_key.run(args, ApiKeysOf(platform)),
    "hook": lambda args, platform: hook.run(args, HooksOf(platform)),
    "export": lambda args, platform: export_objects.run(args, Moving(platform)),
    "import": lambda args, platform: import_objects.run(args, Moving(platform)),
}


def parser() -> argparse.ArgumentParser:
    """All commands with their options; docs/commands.md is checked against it."""
    root = argparse.ArgumentParser(
        prog="ocpilot", description="The charging platform on open standards: OCPI, OCPP, pricing, billing, roaming."
    )
    root.add_argument("--version", action="version", version=f"ocpilot {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    objects = (
        load,
        export_objects,
        import_objects,
        cdr,
        invoice,
        reconcile,
        books,
        ocmf,
        charge,
        station,
        site_limit,
        account,
    )
    charging = (serve, peer, log, *objects, api_key, hook, db)
    alone = (validate, convert, schema, openapi, price, price_many, tariff, mock, check, simulate, demo)
    billing = (customer, plan, price_series, payment, card, terminal, ledger)
    for module in (*charging, *billing, *alone):
        module.add_parser(commands)
    return root


def run(argv: Sequence[str] | None = None) -> int:
    """The command `ocpilot`: 0 done, 1 it failed or found something (one clear line), 2 wrong usage."""
    args = parser().parse_args(argv)
    try:
        with _terminable():
            return _run(args)
    except InvalidObject as error:
        for problem in error.problems:
            print(f"ocpilot: {error.what}: {problem}", file=sys.stderr)
    except OcpilotError as error:
        print(f"ocpilot: {error}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever reads our output has seen enough (`| head`); what is still to be flushed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"ocpilot: {where}{error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: what it opened is closed, and processes it started end with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _heard():
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _heard() -> Iterator[None]:
    """Where Ctrl-C is ignored, as in the background of a shell, it goes on to be, but SIGTERM needs what asyncio does
    at Ctrl-C: its handler is there only where the usual one was."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _interrupt(_: int, frame: FrameType | None) -> None:
    interrupted = signal.getsignal(signal.SIGINT)
    if not callable(interrupted):
        raise KeyboardInterrupt
    interrupted(signal.SIGINT, frame)


def _run(args: argparse.Namespace) -> int:
    pure = _PURE.get(_named(args)) or _PURE.get(args.command)
    if pure is not None:
        return pure(args)
    if args.command == "demo":
        return asyncio.run(demo.run(args, open_platform))
    alone = _ALONE.get(_named(args)) or _ALONE.get(args.command)
    if alone is not None:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            return runner.run(alone(args))
    settings = settings_file.load(_config(args))
    if args.command == "db":
        return asyncio.run(db.run(args, Upkeep(settings)))
    if not settings.parties:
        raise SettingsError(f"{_which(args)}: found no [[parties]], expected at least one, see docs/settings.md")
    if args.command == "serve":
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            return runner.run(serving.serve(settings, serve.parts_of(args)))
    return asyncio.run(_on_platform(args, settings))


def _named(args: argparse.Namespace) -> str:
    """A command with its action, such as `cdr check`."""
    return f"{args.command} {getattr(args, 'action', None) or ''}".strip()


async def _on_platform(args: argparse.Namespace, settings: Settings) -> int:
    async with open_platform(settings) as platform:
        command = _ON_PLATFORM.get(_named(args)) or _ON_PLATFORM[args.command]
        return await command(args, platform)


def _config(args: argparse.Namespace) -> Path | None:
    return Path(args.config) if args.config else None


def _which(args: argparse.Namespace) -> str:
    """The settings that are used, in words for who forgot to name them."""
    return str(args.config or "no settings file was named (--config FILE), and the environment")
