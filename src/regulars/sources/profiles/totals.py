"""Columns that state a total, recognised by name in six languages.

Totals of lines are used as control sums: they show how prices and discounts are to be read, and
whether the amounts come out right.
"""

import re
from collections.abc import Sequence
from typing import Literal

from regulars.sources.profiles.column_names import normalise_name, words_in
from regulars.sources.profiles.match_columns import ColumnMapping

Hint = Literal["gross", "net", ""]
"""Whether a column name says that the total is before discount (gross) or after it (net)."""

_GROSS = (
    "gross sales", "gross", "gross amount", "gross total", "gross price", "gross revenue",
    "total before discount", "amount before discount", "full price", "total list price",
    "item gross", "subtotal before discount", "sku subtotal before discount", "bruttoumsatz",
    "bruttobetrag", "brutto", "vente brute", "ventes brutes",
    "montant brut", "total brut", "ventas brutas", "importe bruto", "total bruto",
    "vendite lorde", "importo lordo", "totale lordo", "bruto", "brutobedrag", "bruto omzet",
)  # fmt: skip
_NET = (
    "net sales", "net", "net price", "net amount", "net total", "net revenue", "net value",
    "total after discount", "amount after discount", "discounted price", "discounted total",
    "price after discount", "final price", "final amount", "paid amount", "amount paid",
    "nettoumsatz", "nettobetrag", "netto", "nettopreis", "nettowert", "vente nette",
    "ventes nettes", "montant net", "total net", "prix net", "ventas netas", "importe neto",
    "total neto", "precio neto", "vendite nette", "importo netto", "totale netto",
    "prezzo netto", "nettobedrag", "netto omzet", "nettoprijs",
    "gesamt netto", "gp netto", "nettosumme", "subtotal after discount",
    "sku subtotal after discount",
)  # fmt: skip
_NEUTRAL = (
    "line total", "total", "total price", "line amount", "amount", "subtotal", "sub total",
    "sales", "sales amount", "total sales", "total amount", "extended price", "ext price",
    "line value", "line price", "total value", "item total", "item subtotal", "revenue",
    "turnover", "value", "order line total", "line item total", "lineitem total",
    "line subtotal", "row total", "extended amount", "total cost", "price total",
    "gesamtpreis", "gesamt", "gesamtbetrag", "summe", "betrag", "umsatz", "zeilensumme",
    "positionswert", "positionssumme", "zwischensumme", "gesamtsumme", "gesamtwert", "warenwert",
    "montant", "montant ligne", "total ligne", "prix total", "montant total", "sous total",
    "total ht", "total ttc", "montant ht", "montant ttc", "prix total ht", "prix total ttc",
    "line total inc tax", "line total incl tax", "amount including vat", "amount incl vat",
    "line amount incl vat", "total incl vat",
    "total incl tax", "total including tax", "total inc vat", "total inc tax", "chiffre d'affaires",
    "importe", "importe total", "importe línea", "total línea", "precio total", "ventas",
    "total venta", "importo", "totale", "totale riga", "prezzo totale", "importo riga",
    "subtotale", "importo totale", "ricavo", "bedrag", "totaal", "regelbedrag", "regeltotaal",
    "totaalprijs", "totaalbedrag", "subtotaal", "omzet", "gesamt brutto", "gp brutto",
    "linjetotal", "linjesum", "radsumma", "beløb", "belopp", "summa", "valor total",
    "total do item", "wartość", "wartość brutto", "razem", "toplam", "tutar", "toplam tutar",
    "összesen", "érték", "celkem", "商品合計", "商品合計金額", "小計", "金額",
)  # fmt: skip
_TAX = (
    "tax", "taxes", "tax amount", "vat", "vat amount", "sales tax", "order line tax", "item tax",
    "mwst", "mwst betrag", "ust", "steuer", "steuerbetrag", "tva", "montant tva", "taxe", "iva",
    "importe iva", "impuesto", "impuestos", "importo iva", "imposta", "btw", "btw bedrag",
    "gst", "gst amount", "cgst", "sgst", "igst", "utgst", "cess", "cgst amount", "sgst amount",
    "igst amount", "cgst amt", "sgst amt", "igst amt", "gst amt", "moms", "imposto", "kdv", "áfa",
    "dph", "消費税", "消費税額", "税額",
)  # fmt: skip

_ORDER = (
    "order total", "order subtotal", "order amount", "order total amount", "order value",
    "grand total", "invoice total", "invoice amount", "basket total", "bestellsumme",
    "rechnungsbetrag", "auftragssumme", "total commande", "total facture", "total pedido",
    "total factura", "totale ordine", "totale fattura", "ordertotaal", "factuurbedrag", "合計金額",
    "請求金額", "注文合計",
)  # fmt: skip
_SHIPPING = (
    "shipping", "shipping amount", "shipping cost", "shipping costs", "shipping fee",
    "order shipping", "order shipping amount", "order shipping total", "shipping total",
    "total shipping", "shipping charge", "shipping charges", "shipping price", "shipping rate",
    "delivery charge",
    "delivery cost", "postage", "freight", "delivery fee", "versand",
    "versandkosten", "frais de port", "frais de livraison", "gastos de envío", "envío",
    "spese di spedizione", "spedizione", "verzendkosten", "verzending", "verpackung und versand",
    "frete", "fragt", "frakt", "kargo", "szállítási díj", "doprava", "送料", "配送料",
)  # fmt: skip

_ABOUT_TAX = re.compile(
    r"(?i)[ (]*\b(?:incl?|including|exc?l?|excluding|with|without)\b\.? ?(?:tax|vat|gst)\)?$"
)
_BY_HINT: tuple[tuple[Hint, tuple[str, ...]], ...] = (
    ("", (*_NEUTRAL, *_ORDER)),
    ("gross", _GROSS),
    ("net", _NET),
)
_HINTS = {normalise_name(name): hint for hint, names in _BY_HINT for name in names}
_WITH_TAX = frozenset(("brutto", "bruto", "ttc", "lordo", "incl", "inkl", "including", "inc"))
"""Words of totals with the tax inside. "Brutto" can also be the amount before discount."""
_TAXES = frozenset(map(normalise_name, _TAX))
_SHIPPINGS = frozenset(map(normalise_name, _SHIPPING))


def _bare(name: str) -> str:
    """Return a normalised name without what it says about tax: "Total (inc tax)" is total."""
    return normalise_name(_ABOUT_TAX.sub("", name))


def hint_of(name: str) -> Hint:
    """Return what a column name says about a total; "" if it says nothing."""
    return _HINTS.get(_bare(name), "")


def has_tax(name: str) -> bool:
    """Return whether a column name says that the tax is inside."""
    return bool(_WITH_TAX & {*words_in(name)})


def is_subtotal(name: str) -> bool:
    """Return whether a column name says that something is still to be taken off or added."""
    return "subtotal" in normalise_name(name)


def totals_in(columns: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns of a source that state a total and are not mapped to anything."""
    return [name for name in free_columns(columns, mapping) if _bare(name) in _HINTS]


def taxes_in(columns: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns of a source that state an amount of tax and are not mapped."""
    return [name for name in free_columns(columns, mapping) if normalise_name(name) in _TAXES]


def shipping_in(columns: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns of a source that state the cost of shipping and are not mapped."""
    return [name for name in free_columns(columns, mapping) if normalise_name(name) in _SHIPPINGS]


def free_columns(columns: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Return the columns of a source that are not mapped to anything."""
    mapped = set(mapping.columns.values())
    return [name for name in columns if name not in mapped and name != "source_row"]
