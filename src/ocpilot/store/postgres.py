"""All storage in one PostgreSQL: `open_store` finds or starts the server, brings the schema up and lends the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ocpilot.app import ports
from ocpilot.app.kept import (
    ad_hoc_records,
    api_ports,
    bank_payment_records,
    bill_records,
    book_records,
    card_records,
    cdr_match_records,
    charge_ports,
    clearing_records,
    comparison_records,
    crawl_records,
    customer_records,
    frames,
    hook_ports,
    hub_records,
    invoice_run_records,
    ledger_records,
    local_list_records,
    messages,
    newcomer_records,
    object_ports,
    plan_records,
    quality_records,
    reconciliation_records,
    reminder_records,
    sending_records,
    signed_records,
    site_limit_records,
    station_nodes,
    station_notice_records,
    station_tariff_records,
    status_records,
    terminal_payment_records,
    transaction_findings,
    troubles,
)
from ocpilot.base.settings import Settings
from ocpilot.store.accounts import PostgresAccounts
from ocpilot.store.active_profiles import PostgresActiveProfiles
from ocpilot.store.ad_hoc import PostgresAdHocCharges
from ocpilot.store.api_keys import PostgresApiAnswers, PostgresApiKeys
from ocpilot.store.authorizations import PostgresAuthorizations
from ocpilot.store.bank_payments import PostgresBankPayments
from ocpilot.store.bell import Bell
from ocpilot.store.bill_items import PostgresBillItems
from ocpilot.store.bookings import PostgresBookings
from ocpilot.store.books import PostgresBooks
from ocpilot.store.card_payments import PostgresCardPayments, PostgresPlayedPayments
from ocpilot.store.cdr_matches import PostgresMatches
from ocpilot.store.changes import PostgresChanges
from ocpilot.store.clearings import PostgresClearings
from ocpilot.store.commands import PostgresCommands
from ocpilot.store.comparisons import PostgresComparisons
from ocpilot.store.crawls import PostgresCrawls
from ocpilot.store.customers import PostgresCustomers
from ocpilot.store.deliveries import PostgresDeliveries
from ocpilot.store.documents import PostgresDocuments
from ocpilot.store.frames import PostgresFrames
from ocpilot.store.hooks import PostgresHooks
from ocpilot.store.hub import PostgresHubBook
from ocpilot.store.invoice_runs import PostgresInvoiceRuns
from ocpilot.store.invoices import PostgresInvoices
from ocpilot.store.ledger import PostgresLedger
from ocpilot.store.leniencies import PostgresLeniencies
from ocpilot.store.local_lists import PostgresLocalLists
from ocpilot.store.locations import PostgresLocations
from ocpilot.store.messages import PostgresMessages
from ocpilot.store.newcomers import PostgresNewcomers
from ocpilot.store.nodes import PostgresNodes
from ocpilot.store.objects import PostgresObjects
from ocpilot.store.partner_invoices import PostgresPartnerInvoices
from ocpilot.store.peers import PostgresPeers
from ocpilot.store.plans import PostgresPlans, PostgresPriceSeries
from ocpilot.store.pool import Database, connect, open_pool
from ocpilot.store.quality import PostgresQuality
from ocpilot.store.record_checks import PostgresRecordChecks
from ocpilot.store.reminders import PostgresReminders
from ocpilot.store.reservations import PostgresReservations
from ocpilot.store.schema import upgrade
from ocpilot.store.sendings import PostgresSendings
from ocpilot.store.server import database_url
from ocpilot.store.signed import PostgresSignedBook
from ocpilot.store.site_limits import PostgresSiteLimits
from ocpilot.store.statements import PostgresStatements
from ocpilot.store.station_notices import PostgresStationNotices
from ocpilot.store.station_tariffs import PostgresTariffsAtStations
from ocpilot.store.stations import PostgresStations
from ocpilot.store.status_history import PostgresStatusHistory
from ocpilot.store.terminal_payments import PostgresTerminalPayments
from ocpilot.store.trails import PostgresTrails
from ocpilot.store.transaction_findings import PostgresTransactionFindings
from ocpilot.store.transactions import PostgresTransactions
from ocpilot.store.troubles import PostgresTroubles


class PostgresStore:
    """`app.ports.Store`."""

    def __init__(  # noqa: PLR0915 - a line for each subject
        self, database: Database, bell: Bell, nodes: PostgresNodes
    ) -> None:
        self.nodes: station_nodes.Nodes = nodes
        self.objects: object_ports.Objects = PostgresObjects(database, bell)
        self.bookings: object_ports.Bookings = PostgresBookings(database, bell)
        self.locations: object_ports.Locations = PostgresLocations(database, bell)
        self.peers: ports.Peers = PostgresPeers(database, bell.line)
        self.changes: ports.Changes = PostgresChanges(database, bell)
        self.deliveries: ports.Deliveries = PostgresDeliveries(database)
        self.stations: charge_ports.Stations = PostgresStations(database, nodes)
        self.ad_hoc: ad_hoc_records.AdHocCharges = PostgresAdHocCharges(database)
        self.newcomers: newcomer_records.Newcomers = PostgresNewcomers(database)
        self.station_notices: station_notice_records.StationNotices = PostgresStationNotices(database)
        self.status_history: status_records.StatusHistory = PostgresStatusHistory(database)
        self.transactions: charge_ports.Transactions = PostgresTransactions(database)
        self.transaction_findings: transaction_findings.TransactionFindings = PostgresTransactionFindings(database)
        self.authorizations: charge_ports.Authorizations = PostgresAuthorizations(database)
        self.commands: charge_ports.Commands = PostgresCommands(database)
        self.reservations: charge_ports.Reservations = PostgresReservations(database)
        self.active_profiles: charge_ports.ActiveProfiles = PostgresActiveProfiles(database)
        self.local_lists: local_list_records.LocalLists = PostgresLocalLists(database)
        self.station_tariffs: station_tariff_records.TariffsAtStations = PostgresTariffsAtStations(database)
        self.accounts: ports.Accounts = PostgresAccounts(database)
        self.leniencies: ports.Leniencies = PostgresLeniencies(database)
        self.comparisons: comparison_records.Comparisons = PostgresComparisons(database)
        self.matches: cdr_match_records.Matches = PostgresMatches(database)
        self.quality: quality_records.Quality = PostgresQuality(database)
        self.crawls: crawl_records.Crawls = PostgresCrawls(database)
        self.documents: ports.Documents = PostgresDocuments(database)
        self.messages: messages.Messages = PostgresMessages(database)
        self.frames: frames.Frames = PostgresFrames(database)
        self.api_keys: api_ports.ApiKeys = PostgresApiKeys(database)
        self.api_answers: api_ports.ApiAnswers = PostgresApiAnswers(database)
        self.hooks: hook_ports.Hooks = PostgresHooks(database)
        self.hub: hub_records.HubBook = PostgresHubBook(database)
        self.signed: signed_records.SignedBook = PostgresSignedBook(database)
        self.site_limits: site_limit_records.SiteLimits = PostgresSiteLimits(database, bell)
        self.clearings: clearing_records.Clearings = PostgresClearings(database)
        self.customers: customer_records.Customers = PostgresCustomers(database)
        self.plans: plan_records.Plans = PostgresPlans(database)
        self.price_series: plan_records.PriceSeries = PostgresPriceSeries(database)
        self.bill_items: bill_records.BillItems = PostgresBillItems(database)
        self.invoices: bill_records.Invoices = PostgresInvoices(database)
        self.ledger: ledger_records.Ledger = PostgresLedger(database)
        self.sendings: sending_records.Sendings = PostgresSendings(database)
        self.invoice_runs: invoice_run_records.InvoiceRuns = PostgresInvoiceRuns(database)
        self.bank_payments: bank_payment_records.BankPayments = PostgresBankPayments(database)
        self.reminders: reminder_records.Reminders = PostgresReminders(database)
        self.cards: card_records.CardPayments = PostgresCardPayments(database)
        self.terminal_payments: terminal_payment_records.TerminalPayments = PostgresTerminalPayments(database)
        self.played_payments: card_records.PlayedPayments = PostgresPlayedPayments(database)
        self.books: book_records.Books = PostgresBooks(database)
        self.trails: reconciliation_records.Trails = PostgresTrails(database)
        self.statements: reconciliation_records.Statements = PostgresStatements(database)
        self.record_checks: reconciliation_records.RecordChecks = PostgresRecordChecks(database)
        self.partner_invoices: reconciliation_records.PartnerInvoices = PostgresPartnerInvoices(database)
        self.troubles: troubles.Troubles = PostgresTroubles(database)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[PostgresStore]:
    """The store of these settings, with the newest schema. SettingsError when the database cannot be used."""
    async with database_url(settings) as url:
        connection = await connect(url)
        try:
            await upgrade(connection)
        finally:
            await connection.close()
        async with store_at(url, settings.database.pool) as store:
            yield store


@asynccontextmanager
async def store_at(url: str, pool: int) -> AsyncIterator[PostgresStore]:
    """The store of a database that has the newest schema."""
    async with open_pool(url, pool) as connections:
        bell, database = Bell(url), Database(connections)
        nodes = PostgresNodes(url, database)
        try:
            yield PostgresStore(database, bell, nodes)
        finally:
            await nodes.close()
            await bell.close()
            await database.close()
