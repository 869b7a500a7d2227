"""Column names: whether two are the same, and the words in one."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=4096)
def normalise_name(name: str) -> str:
    """Return a name in lower case without blanks, punctuation and accents.

    "Customer ID" is customerid, "Order #" orderno and "Quantité" quantite.
    """
    return re.sub(r"[\W_]+", "", _plain(name))


def find_column(names: Sequence[str], found: Sequence[str]) -> str | None:
    """Return the source column that matches the first of these names, ignoring case and marks.

    An exact match wins over one that differs in case or marks.
    """
    columns = find_columns(names, found)
    return columns[0] if columns else None


def find_columns(names: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return the source columns that match these names, in the order of the names."""
    by_name: dict[str, str] = {}
    for name in found:
        by_name.setdefault(normalise_name(name), name)
    matches = (name if name in found else by_name.get(normalise_name(name)) for name in names)
    return list(dict.fromkeys(name for name in matches if name is not None))


def words_in(name: str) -> list[str]:
    """Return the words of a name in lower case: "SalesOrderNumber" is sales, order, number."""
    parted = re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", _plain(parted))


def _plain(name: str) -> str:
    signs = name.replace("#", " no ").replace("°", "o")
    letters = unicodedata.normalize("NFKD", signs).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
