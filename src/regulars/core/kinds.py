"""The kinds of line. Only sales and returns are goods; an order has at least one sale."""

SOURCE_KINDS = ("sale", "return", "cancelled", "fee", "adjustment", "voucher", "test")
"""The kinds of line that a source can have."""

CANCELLED, REVERSAL = "cancelled", "reversal"
"""The kinds of an order that a later credit undoes, and of that credit (table corrections)."""

KINDS = ("sale", "return", CANCELLED, REVERSAL, "fee", "adjustment", "voucher", "test")
"""All kinds of line, in the order in which they decide the kind of an order."""

MEANING = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
