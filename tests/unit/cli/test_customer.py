"""`ocpilot customer`, `ocpilot plan` and `ocpilot price-series`, on a real store."""

import json
from datetime import UTC, datetime

import pytest

from ocpilot.app.ocpi import accounts
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.errors import Conflict, InvalidObject, NotFound, UserError
from ocpilot.base.money_settings import SellerSettings
from ocpilot.base.settings import PartySettings, SecuritySettings, Settings
from ocpilot.cli import customer, plan, price_series
from ocpilot.main.commands import parser
from ocpilot.main.customer_commands import CustomersOf, PlansOf, PricesOf
from ocpilot.main.joined import Switchboard
from ocpilot.ocpp.calls import StationCaller

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ANNA = ("customer", "add", "driver", "name=Anna Ek", "email=anna@example.org")
TARIFF = {
    "country_code": "SE",
    "party_id": "RES",
    "id": "FLAT",
    "currency": "SEK",
    "tax_included": "YES",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 5, "vat": 25, "step_size": 1}]}],
    "last_updated": "2026-11-01T00:00:00Z",
}


@pytest.fixture
async def platform(store) -> Platform:
    settings = Settings(
        parties=(PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB"),),
        security=SecuritySettings(secret_key="the key of one test"),
        seller=SellerSettings(country="SE"),
    )
    return Platform(
        settings=settings,
        clock=lambda: NOW,
        store=store,
        partners=None,
        stations=StationCaller(Switchboard()),
        sealing=Seal(settings),
    )


@pytest.fixture
def run(platform, capsys):
    commands = {"customer": (customer, CustomersOf), "plan": (plan, PlansOf), "price-series": (price_series, PricesOf)}

    async def ask(*words):
        module, of = commands[words[0]]
        assert await module.run(parser().parse_args(list(words)), of(platform)) == 0
        return capsys.readouterr().out

    return ask


@pytest.fixture
def file(tmp_path):
    def made(text, name="table.csv"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return made


async def number_of(run, *words):
    return json.loads(await run(*words, "--json"))["number"]


# ---- customers -------------------------------------------------------------------------------------------------------


async def test_a_customer_is_added_changed_shown_and_listed(run):
    assert "no customers yet" in await run("customer", "list")
    number = await number_of(run, *ANNA)
    await run("customer", "set", number, "vat_number=", "city=Norrköping")
    shown = await run("customer", "show", number)
    assert "Norrköping" in shown
    assert f"no Tokens yet: ocpilot customer token give {number} UID" in shown
    assert json.loads(await run("customer", "list", "--kind", "driver", "--json"))[0]["country"] == "SE"
    assert "Anna Ek" in await run("customer", "list")
    assert "no customers yet" in await run("customer", "list", "--kind", "host")


async def test_all_that_is_wrong_is_said_at_once(run):
    fields = [
        "organisation_number=556703-7486",
        "vat_number=SE556703748599",
        "country=XX",
        "currency=KRONOR",
        "plan=GOLD",
    ]
    fields += ["time_zone=Mars", "language=tlh", "bankgiro=1234567", "iban=SE00", "bic=X", "email=anna", "days=400"]
    fields += ["cycle=never", "locations=LOC1", "colour=red", "business=perhaps", "party=SE/RES"]
    with pytest.raises(InvalidObject) as error:
        await run("customer", "add", "company", *fields)
    named = {problem.path for problem in error.value.problems}
    assert named == {field.partition("=")[0] for field in fields} - {"organisation_number"} | {"name"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["provider", "name=A"], "party: found nothing, expected the party of the provider"),
        (
            ["host", "name=A", "share=120", "locations=NOWHERE"],
            "share: found '120', expected a number from 0.01 to 100",
        ),
        (["host", "name=A", "share=20", "locations=NOWHERE"], "locations: found NOWHERE, expected ids of Locations"),
        (["home", "name=A", "home_rate=0"], "home_rate: found '0'.*currency: found nothing.*locations: found nothing"),
        (["driver", "name=A", "self_billing=yes"], "self_billing: found 'yes', expected no for a driver"),
        (["company", "name=A", "invoice_format=peppol"], "electronic_address: found nothing"),
        (["company", "name=A", "organisation_number=556703-7486"], "a Swedish organisation number"),
    ],
)
async def test_each_kind_needs_what_it_needs(run, words, said):
    with pytest.raises(InvalidObject, match=said):
        await run("customer", "add", *words)


async def test_numbers_are_kept_as_their_registers_write_them(run):
    made = json.loads(
        await run(
            "customer", "add", "company", "name=Bud AB", "organisation_number=5567037485",
            "vat_number=se 5567037485 01",
            "bankgiro=50501055", "iban=SE35 5000 0000 0549 1000 0003", "electronic_address=0007:5567037485", "--json",
        )
    )  # fmt: skip
    assert (made["organisation_number"], made["vat_number"]) == ("556703-7485", "SE556703748501")
    assert (made["bankgiro"], made["iban"]) == ("5050-1055", "SE3550000000054910000003")
    assert (made["business"], made["warnings"]) == ("yes", [])


async def test_a_business_abroad_without_vat_number_is_noted(run):
    out = await run("customer", "add", "company", "name=Strom GmbH", "country=DE", "email=a@b.de")
    assert "note: a business in DE without a VAT number: it gets no reverse charge, VAT is charged" in out


async def test_a_partner_is_one_customer_of_a_kind_and_no_kind_changes(run):
    number = await number_of(run, "customer", "add", "provider", "name=A", "party=de*xyz")
    with pytest.raises(Conflict, match="DE/XYZ is a customer of kind provider already"):
        await run("customer", "add", "provider", "name=B", "party=DE/XYZ")
    with pytest.raises(UserError, match="is a provider, found operator"):
        await run("customer", "set", number, "kind=operator")
    with pytest.raises(NotFound, match="there is no customer 7"):
        await run("customer", "show", "7")
    with pytest.raises(UserError, match="found 'city', expected FIELD=TEXT"):
        await run("customer", "set", number, "city")


# ---- Tokens ----------------------------------------------------------------------------------------------------------


async def test_a_token_is_given_taken_and_never_two_customers(run):
    anna, bo = await number_of(run, *ANNA), await number_of(run, "customer", "add", "driver", "name=Bo")
    out = await run("customer", "token", "give", anna, "04A1", "--driver", "Anna", "--cost-centre", "7")
    assert "Token 04A1 is customer" in out
    assert "no Token 04A1 is known here" in out
    with pytest.raises(Conflict, match=rf"customer {anna}'s from 2026-11-26T12:00:00Z, expected nobody's: --take-over"):
        await run("customer", "token", "give", bo, "04a1")
    with pytest.raises(Conflict, match="give it until then"):
        await run("customer", "token", "give", bo, "04A1", "--since", "2026-11-01T00:00:00Z", "--take-over")
    await run(
        "customer", "token", "give", bo, "04A1", "--since", "2026-11-01T00:00:00Z", "--until", "2026-11-02T00:00:00Z"
    )
    await run("customer", "token", "give", bo, "04A1", "--since", "2026-12-01T00:00:00Z", "--take-over")
    shown = json.loads(await run("customer", "show", anna, "--json"))["tokens"]
    assert [(one["driver"], one["until"]) for one in shown] == [("Anna", "2026-12-01T00:00:00Z")]
    await run("customer", "token", "take", "04A1", "--until", "2027-01-01T00:00:00Z")
    with pytest.raises(NotFound, match="Token 04A1 is no customer's"):
        await run("customer", "token", "take", "04A1", "--until", "2027-01-01T00:00:00Z")
    assert "2027-01-01" in await run("customer", "show", bo)


async def test_a_driver_who_signs_in_brings_all_his_tokens(run, platform):
    anna = await number_of(run, *ANNA)
    await accounts.create_driver(
        platform, email="anna@example.org", name="Anna", password="a long one", cards=("04B2",)
    )
    out = await run("customer", "token", "give", anna, "--account", "anna@example.org", "--json")
    given = json.loads(out)
    assert [len(given["tokens"]), given["warnings"]] == [2, []]
    with pytest.raises(NotFound, match="no driver with Tokens signs in as bo"):
        await run("customer", "token", "give", anna, "--account", "bo@example.org")
    with pytest.raises(UserError, match="found no Token"):
        await run("customer", "token", "give", anna)
    with pytest.raises(UserError, match="--since: found 'monday'"):
        await run("customer", "token", "give", anna, "A", "--since", "monday")


# ---- tables ----------------------------------------------------------------------------------------------------------


async def test_a_plan_is_given_from_a_day_and_a_customer_closed_and_reopened(run):
    await run("plan", "add", "GOLD", "--percent", "5", "--currency", "SEK")
    number = await number_of(run, *ANNA)
    await run("customer", "token", "give", number, "04A1B2C3")
    await run("customer", "set", number, "plan=GOLD", "plan_since=2026-12-01")
    shown = json.loads(await run("customer", "show", number, "--json"))
    assert (shown["plan"], shown["plan_since"], shown["earlier_plans"]) == (
        "GOLD",
        "2026-12-01T00:00:00Z",
        "- until 2026-12-01T00:00:00Z",
    )
    closed = json.loads(await run("customer", "close", number, "--json"))
    assert (closed["closed_at"], closed["tokens"], closed["invoices"]) == ("2026-11-26T12:00:00Z", ["04A1B2C3"], [])
    again = await run("customer", "close", number)
    assert "is closed since 2026-11-26T12:00:00Z" in again
    assert "none, nothing was left to bill" in again
    assert "closed_at            2026-11-26T12:00:00Z" in await run("customer", "show", number)
    assert "Anna Ek" in await run("customer", "reopen", number)


async def test_a_table_is_taken_as_a_whole(run, file):
    table = "kind;name;country;email;tokens\ndriver;Anna;SE;anna@example.org;A1 A2\n\ncompany;Bud;DE;bud@example.org;\n"
    assert "2 customers would be taken over" in await run("customer", "import", file(table), "--dry-run")
    assert "no customers yet" in await run("customer", "list")
    taken = json.loads(await run("customer", "import", file(table), "--json"))
    assert [one["name"] for one in taken] == ["Anna", "Bud"]
    assert len(json.loads(await run("customer", "show", taken[0]["number"], "--json"))["tokens"]) == 2
    again = f"number,kind,name,city\n{taken[0]['number']},driver,Anna Ek,Lund\n"
    await run("customer", "import", file(again))
    assert "Lund" in await run("customer", "show", taken[0]["number"])


async def test_everything_wrong_in_a_table_is_named_with_its_line(run, file):
    anna = await number_of(run, *ANNA)
    table = "number,kind,name,country,email\n,driver,Anna,SE,anna@example.org\n77,driver,Bo,SE,\n,robot,,XX,bo\n"
    with pytest.raises(InvalidObject) as error:
        await run("customer", "import", file(table))
    assert {problem.path for problem in error.value.problems} == {
        "line 2 email",
        "line 3 number",
        "line 4 kind",
        "line 4 name",
        "line 4 country",
        "line 4 email",
    }
    await run("customer", "token", "give", anna, "A1")
    table = "kind,name,email,party,tokens\ndriver,Bo,bo@example.org,,A1 A2\ndriver,Cy,,,a2\n"
    table += "provider,P,p@example.org,DE/XYZ,\nprovider,Q,q@example.org,DE/XYZ,\n"
    with pytest.raises(InvalidObject) as error:
        await run("customer", "import", file(table))
    assert [problem.path for problem in error.value.problems] == ["line 2 tokens", "line 3 tokens", "line 5 party"]
    with pytest.raises(InvalidObject, match="line 1: found colour"):
        await run("customer", "import", file("kind,name,colour\ndriver,A,red\n"))


# ---- plans -----------------------------------------------------------------------------------------------------------


async def test_a_plan_is_made_shown_and_given(run, file):
    assert "no price plans yet" in await run("plan", "list")
    await run(
        "plan", "add", "FAIR", "--percent", "8", "--per-charge", "2.5", "--currency", "sek", "--at", "SE/LAD percent=0"
    )
    await run("plan", "add", "FLAT", "--tariff", file(json.dumps(TARIFF), "t.json"), "--currency", "SEK")
    await run("plan", "add", "GOLD", "--monthly-fee", "299", "--included-kwh", "100", "--currency", "SEK")
    assert "the operator's price, +8 %, +2.5 SEK per charge" in await run("plan", "show", "FAIR")
    assert "at SE/LAD: no margin" in await run("plan", "show", "FAIR")
    listed = await run("plan", "list")
    assert "tariff FLAT" in listed
    assert "299 SEK per month, 100 kWh included" in listed
    assert json.loads(await run("plan", "show", "FLAT", "--json"))["tariff"]["id"] == "FLAT"
    number = await number_of(run, *ANNA, "plan=GOLD")
    assert "GOLD" in await run("customer", "show", number)
    with pytest.raises(Conflict, match="there is a plan GOLD already"):
        await run("plan", "add", "GOLD")
    with pytest.raises(NotFound, match="there is no plan TIN"):
        await run("plan", "show", "TIN")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["A B"], "name: found 'A B'"),
        (["A", "--per-kwh", "1"], "currency: found nothing"),
        (["A", "--percent", "much", "--included-minutes", "-1"], "percent: found 'much'.*included_minutes: found '-1'"),
        (["A", "--series", "SE9", "--currency", "SEK"], "series: found 'SE9', expected a price series that is there"),
        (
            ["A", "--tariff", "T", "--percent", "5", "--currency", "EUR"],
            "tariff: found a margin.*expected SEK, that of",
        ),
        (["A", "--at", "SELADDA percent=1", "--at", "SE/LAD colour=1"], "at: found 'SELADDA'.*SE/LAD colour"),
    ],
)
async def test_a_plan_that_makes_no_sense_says_why(run, file, words, said):
    path = file(json.dumps(TARIFF), "t.json")
    with pytest.raises(InvalidObject, match=said):
        await run("plan", "add", *(path if word == "T" else word for word in words))


async def test_options_of_a_plan_that_cannot_be_read_say_so(run, file):
    with pytest.raises(UserError, match=r'--at: found .SE/LAD., expected such as "SE/LAD percent=5'):
        await run("plan", "add", "A", "--at", "SE/LAD")
    with pytest.raises(UserError, match="found 2 Tariffs, expected one"):
        await run("plan", "add", "A", "--tariff", file(json.dumps([TARIFF, TARIFF]), "t.json"))
    with pytest.raises(UserError, match=r"t.json"):
        await run("plan", "add", "A", "--tariff", file('{"id": 1}', "t.json"))


# ---- price series ----------------------------------------------------------------------------------------------------


async def test_prices_are_imported_again_and_gaps_shown(run, file):
    assert "no price series yet" in await run("price-series", "list")
    hours = ("13:00+01:00;SE3;812,3", "14:00+01:00;SE3;-5", "17:00+01:00;SE3;1")
    rows = "\n".join(("time;area;price", *(f"2026-11-26T{hour}" for hour in hours)))
    words = ("price-series", "import", "SE3", file(rows), "--currency", "SEK", "--per-mwh")
    assert await run(*words) == (
        "SE3: 3 new prices, 0 changed, 0 as they were\n"
        "  no price from 2026-11-26T14:00:00Z until 2026-11-26T16:00:00Z\n"
    )
    assert json.loads(await run(*words, "--json")) == {"added": 0, "changed": 0, "same": 3}
    assert "no price from" in await run("price-series", "show", "SE3")
    assert len(json.loads(await run("price-series", "show", "SE3", "--json"))["gaps"]) == 1
    assert "SE3" in await run("price-series", "list")
    with pytest.raises(NotFound, match="there is no price series SE4"):
        await run("price-series", "show", "SE4")
    with pytest.raises(InvalidObject, match="currency: found 'X'"):
        await run("price-series", "import", "SE3", file(rows), "--currency", "X")
