"""Product codes whose header leaves open whether they are the product's, the order's or another's.

Headers cannot tell, and the values of one file can differ from those of the next, which would give
a product two ids. So products keep their name as id, and a note shows how to use the code.
"""

from collections.abc import Iterator, Sequence

from regulars.sources.profiles.column_names import normalise_name
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.toml_text import toml_value

_CODES = frozenset((
    "code", "ref", "reference", "refno", "referenceno", "cod", "codigo", "codice", "referencia",
    "riferimento", "referenz", "referentie",
))  # fmt: skip


def product_code_notes(
    source: str, columns: Sequence[str], mapping: ColumnMapping
) -> Iterator[str]:
    """Yield a note if products are identified by name although a column may have their code."""
    if "product_id" in mapping.columns or "product_name" not in mapping.columns:
        return
    for column in columns:
        if column not in mapping.source_columns and normalise_name(column) in _CODES:
            name = mapping.columns["product_name"]
            yield (
                f'{source}: products are identified by their name, "{name}". '
                f'If "{column}" is the product code, add it to your profile:\n'
                f"  [columns]\n  product_id = {toml_value(column)}"
            )
