"""What a driver reads about the signed meter values of his charge."""

import pytest

from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.base.texts import translator
from ocpilot.billing.signed_words import WORDS, sentence
from ocpilot.metering.public_keys import PublicKey
from ocpilot.metering.signed import SignedCharge, SignedFinding, judge_charge
from ocpilot.metering.signed_texts import SignedText
from signed_meter import SigningMeter


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "M-7 in the charger signed 10.5 kWh for this charge. We have checked the signatures: they are right."),
        (
            "sv",
            "M-7 i laddaren har signerat 10,5 kWh för den här laddningen. Vi har kontrollerat signaturerna: "
            "de stämmer.",
        ),
    ],
)
def test_a_valid_charge_names_meter_and_energy_in_the_drivers_language(language, said):
    meter = SigningMeter(serial="M-7")
    texts = [SignedText(text=text) for text in (meter.begin(1.0), meter.end(11.5))]
    found = judge_charge(texts, PublicKey.of(meter.der))
    assert sentence(found, translator(language), language).endswith(f" {said}")


@pytest.mark.parametrize("verdict", SignedVerdict)
@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_verdict_has_its_sentence_and_its_word(verdict, language):
    found = SignedCharge(texts=(), findings=(SignedFinding(verdict, "why"),))
    said = sentence(found, translator(language), language)
    assert said.endswith(".")
    assert "{" not in said
    assert (said == sentence(found, translator("en"), "en")) == (language == "en")
    assert WORDS[verdict]
