"""Words that mark a row as a total, a note or a repeated header instead of a sale."""

import re
from collections.abc import Sequence

TOTAL = "This row is a total, not a sale."
NOTE = "This row is a note, not a sale."
REPEATED_HEADER = "This row repeats the header."
BLANK = "This row is blank."
NO_SALE = (TOTAL, NOTE, REPEATED_HEADER, BLANK)
"""The reasons for rows that were never sales, so nobody has to fix them."""

_WORDS = (
    r"SUB[- ]?TOTALS?|(?:GRAND|NET|GROSS|OVERALL|REPORT|PAGE|DAILY|MONTHLY|ORDER) TOTALS?"
    r"|TOTALS?|SUM|ZWISCHENSUMME|GESAMTSUMME|ENDSUMME|TAGESSUMME|SUMME|GESAMTERGEBNIS|ERGEBNIS"
    r"|GESAMT|GESAMTBETRAG|ÜBERTRAG|SOUS[- ]TOTAL|TOTAL G[ÉE]N[ÉE]RAL|SOMME|TOTAL GENERAL|SUMA"
    r"|SUBTOTALE|TOTALE(?: GENERALE| COMPLESSIVO)?|SOMMA|(?:SUB|EIND)?TOTAAL|SOM"
)
NEVER_PRODUCTS = (
    "SUBTOTAL", "SUB-TOTAL", "SUB TOTAL", "GRAND TOTAL", "ORDER TOTAL", "ZWISCHENSUMME",
    "GESAMTSUMME", "ENDSUMME", "GESAMTERGEBNIS", "SOUS-TOTAL", "SUBTOTALE", "SUBTOTAAL",
)  # fmt: skip
"""Words for a total, in capitals, that are never the name of a product."""

PERHAPS_PRODUCTS = ("TOTAL", "TOTALS", "TOTAL:", "SUMME", "SUM", "GESAMT", "TOTALE", "TOTAAL")
"""Words for a total, in capitals, that can be the name of a product: Total is a yoghurt."""

CELL_END = "\x1f"
"""Separates the cells of a row that are searched together."""

EXACT = rf"(?:^|{CELL_END})[^\w]*(?:{_WORDS})[^\w]*(?:{CELL_END}|$)"
"""Finds a cell in capitals that is nothing but a word for a total: GRAND TOTAL:"""

LOOSE = (
    rf"(?:^|{CELL_END})[^\w]*(?:{_WORDS})(?:[ :][^{CELL_END}]*)?(?:{CELL_END}|$)"
    rf"|[ ](?:{_WORDS})[ :]*(?:{CELL_END}|$)"
)
"""Finds a cell in capitals that begins or ends with such a word: 1001 TOTAL, TOTAL FOR MAY."""

_COUNT = re.compile(
    r"\d+$|\W*(?:records?|rows?|lines?|orders?|datensätze|zeilen)\b.*", re.IGNORECASE
)
_PROSE = re.compile(r"[^\W\d]{2,}.*[\s:]")


def reason_of(cells: Sequence[str], width: int) -> str:
    """Return why a row that lacks cells is not a sale; empty if it may be a broken sale.

    width  the number of columns of the table
    """
    texts = [cell.strip() for cell in cells if cell.strip()]
    if len(cells) >= width or len(texts) > width / 2:
        return ""
    if any(re.match(EXACT, text.upper()) for text in texts):
        return TOTAL
    is_count = len(texts) == 2 and all(map(_COUNT.match, texts))
    is_prose = len(texts) == 1 and _PROSE.search(texts[0]) is not None
    return NOTE if is_count or is_prose else ""
