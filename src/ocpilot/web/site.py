"""What all pages of one platform share: its templates in every language, and what it calls itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.localedata import locale_identifiers
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ocpilot.app.cdrs.clearing_moves import open_to
from ocpilot.app.drivers.views import PriceKnown
from ocpilot.app.platform import Platform
from ocpilot.app.sites import site_words
from ocpilot.base.ids import shown_party
from ocpilot.base.texts import Translate, translator
from ocpilot.base.zones import zone_named
from ocpilot.billing import invoice_words
from ocpilot.billing.clearing_words import rule_text
from ocpilot.billing.words import difference_row, oddity_text
from ocpilot.pricing.sentences import rows, sentences
from ocpilot.web import bill_words, card_words, driver_words, words
from ocpilot.web.driver_words import connector_name
from ocpilot.web.formats import Formats
from ocpilot.web.links import charge_path, console_path, directions_url, station_path
from ocpilot.web.payment import ways_to_pay
from ocpilot.web.price_lines import price_lines
from ocpilot.web.static_files import asset, has_asset
from ocpilot.web.usual_charge import usual_charge, usual_charge_at

#: The languages of the console; pages of drivers are in all there are.
CONSOLE_LANGUAGES = ("en", "sv")
#: Pages about money, beside the invoices.
_MONEY_PAGES = (
    "/console/customers",
    "/console/plans",
    "/console/payments",
    "/console/accounts",
    "/console/reminders",
    "/console/cards",
    "/console/books",
    "/console/reconciliation",
    "/console/statements",
)
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """One language: its translation, its formats, and the templates that speak it."""

    language: str
    translate: Translate
    formats: Formats
    templates: Environment

    @property
    def own_name(self) -> str:
        """The language's name in itself, as `svenska`."""
        return (Locale.parse(self.formats.locale).get_language_name() or self.language).capitalize()


@dataclass(frozen=True, kw_only=True)
class Site:
    """A platform with its pages."""

    platform: Platform
    tongues: Mapping[str, Tongue]
    console_tongues: Mapping[str, Tongue]

    @property
    def serves_drivers(self) -> bool:
        """Do we play a provider? Then the pages of drivers are ours to show."""
        return bool(self.platform.settings.parties_as("EMSP"))

    def tongue(self, *wanted: str, console: bool = False) -> Tongue:
        """The first wanted language we offer, else our default."""
        offered = self.console_tongues if console else self.tongues
        found = next((offered[one] for one in wanted if one in offered), None)
        return found or next(iter(offered.values()))


def site(platform: Platform) -> Site:
    """The pages of this platform in the languages it offers."""
    languages = platform.settings.web.languages or ("en",)
    tongues = {language: _tongue(platform, language) for language in languages}
    of_console = {language: one for language, one in tongues.items() if language in CONSOLE_LANGUAGES}
    return Site(platform=platform, tongues=tongues, console_tongues=of_console or {"en": _tongue(platform, "en")})


def _tongue(platform: Platform, language: str) -> Tongue:
    translate = translator(language)
    formats = Formats(_locale(language), platform.settings.web.time_zone)
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(formats.filters(), connector_name=connector_name, party=shown_party)

    def fill(message: str, /, **values: object) -> str:
        text = translate(message)
        return text.format(**values) if values else text

    templates.globals.update(
        _=fill,
        asset=asset,
        has_asset=has_asset,
        words=words,
        driver_words=driver_words,
        card_words=card_words,
        bill_words=bill_words,
        ways_to_pay=ways_to_pay,
        price_lines=lambda tariff, zone: price_lines(tariff, translate, zone_named(zone), formats.locale),
        usual_charge=lambda plug, zone: usual_charge(plug, platform.clock(), zone_named(zone)),
        usual_charge_at=lambda station: usual_charge_at(station, platform.clock()),
        price_sentences=lambda priced: sentences(priced, translate, formats.locale),
        station_path=station_path,
        charge_path=charge_path,
        console_path=console_path,
        directions_url=directions_url,
        price_rows=lambda priced: rows(priced, translate, formats.locale),
        difference_row=lambda difference, currency: difference_row(difference, currency, translate, formats.locale),
        oddity_text=lambda oddity: oddity_text(oddity, translate),
        rule_text=lambda rule: rule_text(rule, translate),
        open_to=open_to,
        invoice_title=lambda kind: invoice_words.title(kind, translate),
        tax_name=lambda tax: invoice_words.tax_name(tax, translate),
        share_reason=lambda share: site_words.reason(share, translate, lambda value: formats.number(value, 1)),
        share_told=lambda share: site_words.told(share, translate),
        PriceKnown=PriceKnown,
        money_pages=_MONEY_PAGES,
        settings=platform.settings,
        language=language,
    )
    return Tongue(language=language, translate=translate, formats=formats, templates=templates)


def _locale(language: str) -> str:
    """A locale Babel knows. English is that of Europe: 24 hours a day, the day before the month."""
    return language if language in locale_identifiers() and language != "en" else "en_GB"
