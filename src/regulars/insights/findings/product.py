"""Findings on one product: pure functions from the rows of an analysis to a sentence."""

from collections.abc import Sequence

from regulars.core.formatting import counted, day, percent
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.shared import Row, shortened

_OFTEN = 2.0
"""From this lift on, two products are bought together more often than by chance would explain."""


def buyers(summary: Row) -> str:
    """Return how many customers bought a product, and how many did in their first order."""
    customers = counted(summary["customers"], "known customer", "known customers")
    if summary["orders"] < FEW_ORDERS or not summary["customers"]:
        return f"{customers} bought it, in {counted(summary['orders'], 'order', 'orders')}"
    first = percent(summary["first_purchase_share"])
    return f"{customers} bought it, {first} of them in their first order"


def returns(summary: Row, of_all: float | None) -> str:
    """Return how much of a product is returned, compared with all products."""
    rate = summary["return_rate"]
    if rate is None:
        return ""
    if not summary["returns"]:
        return "Nothing was returned."
    sentence = f"{percent(rate)} of its sales were returned"
    if of_all is None or summary["orders"] < FEW_ORDERS:
        return f"{sentence}."
    return f"{sentence}, compared with {percent(of_all)} of all products."


def sold(summary: Row) -> str:
    """Return when a product was first and last sold."""
    first, last = summary["first_sold_on"], summary["last_sold_on"]
    if first is None:
        return ""
    return f"Sold on {day(first)}." if first == last else f"Sold from {day(first)} to {day(last)}."


def together(pairs: Sequence[Row], orders: int) -> str:
    """Return the product most often bought with another one, preferably more than by chance."""
    if orders < FEW_ORDERS:
        return f"Too few orders ({orders:,}) to say what is bought with it"
    if not pairs:
        return "Always bought alone"
    enough = [pair for pair in pairs if pair["orders"] >= FEW_ORDERS]
    often = next((pair for pair in enough if pair["lift"] >= _OFTEN), None)
    first = often or pairs[0]
    name, share = shortened(first["product"]), percent(first["share"])
    sentence = f"{share} of its orders also contain {name}"
    if often is None:
        return f"{sentence}, but no product is bought with it much more often than usual"
    return f"{sentence}, {often['lift']:.1f} times the share in all orders"
