"""Text without case and accents, to search in: in Python, and on every engine."""

import unicodedata
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ibis.expr.types import StringValue


def folded(text: str) -> str:
    """Return a text without case and accents, so that `cafe` finds `Café`."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold().strip()


_LATIN = (*map(chr, range(0xC0, 0x250)), *map(chr, range(0x1E00, 0x1F00)))
_ACCENTED = "".join(one for one in _LATIN if len(folded(one)) == 1 and folded(one) != one)
_PLAIN = "".join(map(folded, _ACCENTED))


def folded_latin(text: "StringValue") -> "StringValue":
    """Return what `folded` does to Latin letters."""
    return cast("StringValue", text.lower().translate(_ACCENTED, _PLAIN).replace("ß", "ss"))
