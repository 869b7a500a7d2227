"""Words of shop systems: column names, yes and no, and states."""

import pytest

from regulars.sources.states.words import answer, flag_of, is_loose, meaning_of, role_of


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("Order Status", "status"), ("order_status", "status"), ("Bestellstatus", "status"),
        ("orders.status", "status"), ("Order Lines/Status", "status"),
        ("Etat de la commande", "status"),
        ("payment_status", "payment"), ("Betaalstatus", "payment"),
        ("Financial Status", "financial"),
        ("fulfillment_status", "fulfilment"), ("Transaction Type", "type"), ("Belegart", "type"),
        ("Product name", None), ("Customer type", None), ("Payment method", None),
    ],
)  # fmt: skip
def test_a_name_says_what_a_column_describes(column: str, role: str | None) -> None:
    assert role_of(column) == role


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("is_return", "return"), ("Void?", "cancelled"), ("TEST", "test"),
        ("Ist storniert", "cancelled"),
        ("Returned", "refunded"), ("comped", "adjustment"), ("Cancelled at", "cancelled"),
        ("quantity", None),
    ],
)  # fmt: skip
def test_a_name_says_what_a_column_marks(column: str, kind: str | None) -> None:
    flag = flag_of(column)
    assert (flag.meaning.kind if flag else None) == kind


def test_a_column_name_that_often_names_something_else_is_loose() -> None:
    assert [is_loose(name) for name in ("Type", "State", "Order status")] == [True, True, False]


@pytest.mark.parametrize(
    ("value", "is_yes"),
    [("TRUE", True), ("1", True), ("1.0", True), ("Ja", True), ("x", True), ("no", False),
     ("0", False), ("2", None), ("maybe", None)],
)  # fmt: skip
def test_yes_and_no(value: str, is_yes: bool | None) -> None:
    assert answer(value) is is_yes


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("complete", "sale"), ("wc-processing", "sale"), ("On hold", "sale"),
        ("wc-on-hold", "cancelled"),
        ("Abgeschlossen", "sale"), ("Expédiée", "sale"), ("In behandeling", "sale"),
        ("wc-cancelled", "cancelled"), ("Cancelled by customer", "cancelled"),
        ("Annulé", "cancelled"),
        ("PaymentError", "cancelled"), ("pending_payment", "cancelled"), ("draft", "cancelled"),
        ("Presupuesto", "cancelled"), ("Scaduto", "cancelled"),
        ("Refunded", "refunded"), ("Zurückerstattet", "refunded"),
        ("Shipped - Returned to Seller", "refunded"),
        ("partially_refunded", "sale"), ("Partially cancelled", "sale"), ("test", "test"),
    ],
)  # fmt: skip
def test_a_state_means_a_kind(value: str, kind: str) -> None:
    meaning = meaning_of(value, "status")
    assert meaning is not None
    assert meaning.kind == kind


@pytest.mark.parametrize(
    "value",
    ["zapped", "42", "Refund requested by customer", "not cancelled yet", "failed, refunded"],
)
def test_an_open_state_is_not_known(value: str) -> None:
    assert meaning_of(value, "status") is None


def test_the_column_decides_what_pending_means() -> None:
    kinds = {}
    for role in ("status", "payment", "financial", "fulfilment"):
        meaning = meaning_of("pending", role)
        assert meaning is not None
        kinds[role] = meaning.kind
    assert kinds == {
        "status": "cancelled", "payment": "cancelled", "financial": "sale", "fulfilment": "sale",
    }  # fmt: skip


def test_a_type_names_a_row_rather_than_an_order() -> None:
    assert [
        meaning.kind for word in ("Sale", "Gutschrift", "refunded", "shipping", "Storno", "Remise")
        if (meaning := meaning_of(word, "type"))
    ] == ["sale", "return", "return", "fee", "reversal", "discount"]  # fmt: skip
