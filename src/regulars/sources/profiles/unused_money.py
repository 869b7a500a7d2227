"""Columns with discounts, refunds, and returned or cancelled units that no figure includes.

A column is recognised by the words of its name, in six languages: "total_discounts", "Coupon
amount" or "Qty refunded". Whether its cells are numbers shows when they are read.
"""

from collections.abc import Sequence
from typing import Literal

from regulars.sources.profiles.column_names import words_in
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.totals import free_columns, hint_of

Unused = Literal["discount", "refund", "returned units", "cancelled units"]

_REFUND_WORDS = (
    "refund", "refunds", "refunded", "return", "returns", "returned", "chargeback", "chargebacks",
    "erstattung", "erstattungen", "erstatteter", "erstattet", "erstattungsbetrag", "gutschrift",
    "gutschriften", "retoure", "retouren", "rückerstattung", "remboursement", "remboursements",
    "remboursé", "avoir", "avoirs", "retour", "retours", "reembolso", "reembolsos", "reembolsado",
    "devolución", "devoluciones", "devuelto", "rimborso", "rimborsi", "rimborsato", "reso", "resi",
    "terugbetaling", "terugbetaald", "geretourneerd", "devolução", "estorno", "zwrot", "zwroty",
    "refusjon", "refundering", "återbetalning", "iade", "visszatérítés", "返金", "返金額",
)  # fmt: skip
_DISCOUNT_WORDS = (
    "discount", "discounts", "disc", "coupon", "coupons", "voucher", "vouchers", "promotion",
    "promotions", "promo", "rebate", "rebates", "markdown", "rabatt", "rabatte", "rabattbetrag",
    "nachlass", "preisnachlass", "gutschein", "gutscheine", "gutscheinbetrag", "remise", "remises",
    "réduction", "réductions", "ristourne", "descuento", "descuentos", "cupón", "cupones", "sconto",
    "sconti", "buono", "korting", "kortingen", "kortingsbedrag", "desconto", "descontos", "cupom",
    "rabat", "rabaty", "indirim", "kedvezmény", "sleva", "割引", "割引額", "値引", "値引額",
)  # fmt: skip
_UNIT_WORDS = (
    "qty", "quantity", "units", "unit", "items", "pieces", "pcs", "count", "menge", "anzahl",
    "stück", "stückzahl", "quantité", "qté", "cantidad", "cant", "unidades", "quantità", "qtà",
    "pezzi", "aantal", "stuks",
)  # fmt: skip
_CANCEL_WORDS = (
    "cancelled", "canceled", "cancel", "cancellation", "cancellations", "storniert", "storno",
    "stornierte", "annulé", "annulée", "annulation", "cancelado", "cancelada", "anulado",
    "annullato", "annullata", "geannuleerd",
)  # fmt: skip
_NO_AMOUNT_WORDS = (
    "id", "code", "codes", "name", "type", "reason", "status", "state", "date", "at", "on", "time",
    "by", "is", "has", "flag", "number", "no", "nr", "percent", "percentage", "pct", "rate",
    "fraction", "price", "after", "before", "net", "shipping", "ship", "freight", "delivery", "tax",
    "vat", "mwst", "tva", "iva", "btw", "versand", "prozent", "grund", "datum", "preis", "prix",
    "precio", "prezzo", "prijs", "motif", "motivo", "fecha", "data", "policy", "window", "days",
    "points", "remaining", "base",
)  # fmt: skip
"""Words that make something else of it: the code or rate of a discount, a price after it."""


def _normalised(words: Sequence[str]) -> frozenset[str]:
    return frozenset(part for word in words for part in words_in(word))


_REFUNDS, _DISCOUNTS, _UNITS, _CANCELS, _OTHERS = map(
    _normalised, (_REFUND_WORDS, _DISCOUNT_WORDS, _UNIT_WORDS, _CANCEL_WORDS, _NO_AMOUNT_WORDS)
)

REFUND_COLUMNS = frozenset(("order_refund", "line_refund", "returned_quantity", "net_quantity"))
"""Our columns that say how much was refunded or returned."""


def unused_in(
    columns: Sequence[str], mapping: ColumnMapping, states: Sequence[str] = ()
) -> dict[str, Unused]:
    """Return the columns with discounts, refunds or units that nothing reads, and what they state.

    Refunds are left out if a column of refunds is mapped, or if the profile says that none is.

    states  the columns of the source that are read as states
    """
    found = {name: stated_by(name) for name in free_columns(columns, mapping)}
    declined = {ours for ours, names in mapping.profile.columns.items() if not names}
    is_refunded = not REFUND_COLUMNS.isdisjoint({*mapping.columns, *declined})
    return {
        name: kind
        for name, kind in found.items()
        if kind is not None
        and name not in states
        and not (is_refunded and kind in ("refund", "returned units"))
    }


def stated_by(name: str) -> Unused | None:
    """Return what money or units a column states by its name; None if it states none."""
    words = set(words_in(name))
    if words & _OTHERS or "%" in name or hint_of(name):
        return None
    if words & _UNITS:
        if words & _REFUNDS:
            return "returned units"
        return "cancelled units" if words & _CANCELS else None
    if words & _REFUNDS:
        return "refund"
    return "discount" if words & _DISCOUNTS else None
