"""The command line: which commands there are, where their words are read, and what does them.

Only what a command needs is imported: a validator is not to wait for the server, nor a shell script for all commands.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from ocpilot import __version__
from ocpilot.base.errors import InvalidObject, OcpilotError
from ocpilot.main.terminable import terminable

#: Where the words of each command are read, in the order in which they are told of.
_READ = {
    "serve": "cli.serve",
    "peer": "cli.peer",
    "log": "cli.log",
    "load": "cli.load",
    "export": "cli.export_objects",
    "import": "cli.import_objects",
    "cdr": "cli.cdr",
    "invoice": "cli.invoice",
    "reconcile": "cli.reconcile",
    "books": "cli.books",
    "ocmf": "cli.ocmf",
    "charge": "cli.charge",
    "station": "cli.station",
    "site-limit": "cli.site_limit",
    "account": "cli.account",
    "api-key": "cli.api_key",
    "hook": "cli.hook",
    "db": "cli.db",
    "customer": "cli.customer",
    "plan": "cli.plan",
    "price-series": "cli.price_series",
    "payment": "cli.payment",
    "card": "cli.card",
    "terminal": "cli.terminal",
    "ledger": "cli.ledger",
    "validate": "cli.validate",
    "convert": "cli.convert",
    "schema": "cli.schema",
    "openapi": "cli.openapi",
    "price": "cli.price",
    "price-many": "cli.price_many",
    "tariff": "cli.tariff",
    "mock": "cli.mock",
    "check": "cli.check",
    "simulate": "cli.simulate",
    "demo": "demo.command",
}

#: What does a command, or one of its actions, and gives the exit code.
_DONE = {
    "serve": "main.serving:run_serve",
    "peer": "main.peer_commands:run_peer",
    "log": "main.log_commands:run_log",
    "load": "main.platform_commands:run_load",
    "export": "main.office_commands:run_export",
    "import": "main.office_commands:run_import",
    "cdr": "main.platform_commands:run_cdr",
    "cdr check": "cli.cdr_check:run",
    "cdr accept": "main.clearing_commands:run_clearing",
    "cdr hold": "main.clearing_commands:run_clearing",
    "cdr dispute": "main.clearing_commands:run_clearing",
    "cdr drop": "main.clearing_commands:run_clearing",
    "cdr credit": "main.clearing_commands:run_clearing",
    "cdr reissue": "main.clearing_commands:run_clearing",
    "cdr check-stored": "main.clearing_commands:run_clearing",
    "invoice": "main.invoice_commands:run_invoice",
    "invoice remind": "main.payment_commands:run_remind",
    "reconcile": "main.book_commands:run_reconcile",
    "books": "main.book_commands:run_books",
    "ocmf": "main.platform_commands:run_ocmf",
    "ocmf verify": "cli.ocmf:run_verify",
    "charge": "main.platform_commands:run_charge",
    "station": "main.station_commands:run_station",
    "station waiting": "main.join_commands:run_join",
    "station approve": "main.join_commands:run_join",
    "station refuse": "main.join_commands:run_join",
    "station invite": "main.join_commands:run_join",
    "station message": "main.message_commands:run_message",
    "station simulate": "main.simulated:run_station_simulate",
    "site-limit": "main.site_commands:run_site_limit",
    "account": "main.platform_commands:run_account",
    "api-key": "main.office_commands:run_api_key",
    "hook": "main.office_commands:run_hook",
    "db": "main.db_commands:run_db",
    "customer": "main.customer_commands:run_customer",
    "plan": "main.customer_commands:run_plan",
    "price-series": "main.customer_commands:run_price_series",
    "payment": "main.payment_commands:run_payment",
    "card": "main.card_commands:run_card",
    "terminal": "main.card_commands:run_terminal",
    "ledger": "main.payment_commands:run_ledger",
    "validate": "cli.validate:run",
    "convert": "cli.convert:run",
    "schema": "cli.schema:run",
    "openapi": "main.openapi_commands:run_openapi",
    "price": "cli.price:run",
    "price-many": "cli.price_many:run",
    "tariff": "cli.tariff:run",
    "mock": "main.mock_commands:run_mock",
    "check": "main.check_commands:run_check",
    "simulate": "main.simulated:run_simulate",
    "demo": "main.demo_commands:run_demo",
}


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """All commands with their options; docs/commands.md is checked against it. `only`: one command, if there is one of
    that name."""
    root = argparse.ArgumentParser(
        prog="ocpilot",
        description="The charging platform on open standards: OCPI, OCPP, pricing, billing, roaming.",
        epilog="example: ocpilot demo. `ocpilot COMMAND --help` shows examples of each.",
    )
    root.add_argument("--version", action="version", version=f"ocpilot {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [only] if only in _READ else _READ:
        import_module(f"ocpilot.{_READ[name]}").add_parser(commands)
    _point_on(root)
    return root


def _point_on(parser: argparse.ArgumentParser) -> None:
    """The help of a command that only has actions says where examples are: at these."""
    for inner in (one for one in parser._actions if isinstance(one, argparse._SubParsersAction)):
        parser.epilog = parser.epilog or f"`{parser.prog} ACTION --help` shows examples of each."
        for action in inner.choices.values():
            _point_on(action)


def run(argv: Sequence[str] | None = None) -> int:
    """The command `ocpilot`: 0 done, 1 it failed or found something (one clear line), 2 wrong usage."""
    words = sys.argv[1:] if argv is None else argv
    if not words:
        parser().print_help(sys.stderr)
        return 2
    args = parser(words[0]).parse_args(words)
    try:
        with terminable():
            return _work(args)(args)
    except InvalidObject as error:
        for problem in error.problems:
            print(f"ocpilot: {error.what}: {problem}", file=sys.stderr)
    except OcpilotError as error:
        print(f"ocpilot: {error.in_full}", file=sys.stderr)
    except BrokenPipeError:
        # Whoever reads our output has seen enough (`| head`); what is still to be flushed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"ocpilot: {where}{error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _work(args: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """What does a command; its action, such as `cdr check`, may be something of its own."""
    named = f"{args.command} {getattr(args, 'action', None) or ''}".strip()
    module, _, name = _DONE.get(named, _DONE[args.command]).partition(":")
    work: Callable[[argparse.Namespace], int] = getattr(import_module(f"ocpilot.{module}"), name)
    return work
