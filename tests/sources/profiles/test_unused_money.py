"""Columns with discounts, refunds and units that nothing reads are recognised by their words."""

import pytest

from regulars.sources.profiles.unused_money import stated_by


@pytest.mark.parametrize("name", ["total_discounts", "Coupon amount", "Gutscheinbetrag", "Remise",
                                  "Discount (EUR)", "Importo sconto", "Promo",
                                  "Coupon Value"])  # fmt: skip
def test_discounts(name: str) -> None:
    assert stated_by(name) == "discount"


@pytest.mark.parametrize("name", ["Refund Amount", "order_refunds", "Montant remboursé", "Returns",
                                  "Erstatteter Betrag", "Total returned"])  # fmt: skip
def test_refunds(name: str) -> None:
    assert stated_by(name) == "refund"


def test_units() -> None:
    assert stated_by("Qty refunded") == stated_by("Anzahl Retouren") == "returned units"
    assert stated_by("Cancelled Qty") == stated_by("Menge storniert") == "cancelled units"


@pytest.mark.parametrize("name", ["Discount Code", "Discount %", "Discount rate", "Refund Date",
                                  "Shipping discount", "Price after discount", "Is refunded",
                                  "Cancelled at", "Qty", "Voucher tax"])  # fmt: skip
def test_a_code_a_rate_or_a_date_states_no_money(name: str) -> None:
    assert stated_by(name) is None
