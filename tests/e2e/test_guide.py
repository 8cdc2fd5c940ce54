"""The guides with commands are run as they stand: their files are written, their commands executed, in order."""

import pytest

from running_guides import DOCS, run_guide

GUIDES = {
    "guide.md": (("8821", "8822"), ("tariffs SE/LAD DAY", "CP-1", "registered", "105.00")),
    "guides/first-partner.md": (
        ("8841", "8842", "8843", "8844"),
        (
            "Elbil Nord  registered  2.3.0  SE/MEM EMSP",
            "nothing is waiting or dead",
            "card 04A1B2C3: Accepted",
            "29.70 SEK before taxes, 37.13 SEK after",
            "  priced again   agrees",
            "  sent to        Elbil Nord: acknowledged",
            "incl. VAT.",
            "answered     HTTP 201, OCPI 1000 Success",
            "dead         tariffs SE/LAD DAY: 6 failed attempts",
            "1 dead letter sent again soon",
            "tokens $.last_updated: found",
            "Fel och Brist: suspended",
            "there is something to mend",
        ),
    ),
    "guides/stations.md": (
        ("8851", "8852"),
        (
            "CP-1 Accepted",
            "CP-2 Pending",
            "CP-2                  127.0.0.1",
            "Volt V2",
            "CP-2 is one of ours now",
            "CP-2 Accepted",
            "CP-3 Accepted",
        ),
    ),
    "guides/signed.md": (
        (),
        (
            "meter 7012345, charger Charger 22, page T1",
            "energy by difference: 17.25 kWh",
            "VALID: every signature is right",
            "INVALID: the signature is not that of the key",
            "exit status 1",
        ),
    ),
    "guides/back-office.md": (
        ("8831", "8832"),
        (
            '"status":422',
            '"path":"$.currency"',
            '"status":412',
            '"name":"Slussen norra"',
            "erp answered HTTP 204",
            '"event":"evse.updated"',
            '"status":"OUTOFORDER"',
            "1 tariffs would be taken, 0 rejected",
            "the same bytes",
        ),
    ),
    "guides/invoices.md": (
        ("8861",),
        (
            "10001     Bud AB  sale  SEK       1",
            "1 invoice, 37.13 SEK",
            '%PDF-<cbc:PayableAmount currencyID="SEK">37.13</cbc:PayableAmount>',
            "F-000001: failed, peppol to 0007:5560360793: billing.peppol_outbox: outbox: No such file",
            "F-000001: sent, peppol to 0007:5560360793",
            "F-000001.xml",
            "K-000001: credit_note to Bud AB, 37.13 SEK",
            "F-000002",
        ),
    ),
    "guides/backup.md": (
        ("8871", "8872"),
        ("lade.dump: ", "lade.dump is restored", '"id":"DAY"'),
    ),
    "guides/site-limit.md": (
        ("8851",),
        (
            "GARAGE (Garage): 32 A per phase; 32 A reckoned with",
            "GARAGE-1: It gets the most its EVSE can give. (the station follows it)",
            "GARAGE-2: The site is shared evenly among its charges",
            "cabinet: 20 A per phase; 20 A reckoned with",
            "GARAGE-1: cabinet is shared evenly among its charges",
            '"taken_amps":10.0',
            "no site is limited",
        ),
    ),
}


@pytest.mark.parametrize("name", GUIDES)
async def test_every_step_of_a_guide_works(tmp_path, name):
    ports, expected = GUIDES[name]
    printed = await run_guide(DOCS / name, ports, tmp_path)
    for words in expected:
        assert words in printed, printed
