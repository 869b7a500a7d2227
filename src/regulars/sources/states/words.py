"""What the words of shop systems mean: column names, yes and no, and states such as "voided".

The words are in states.toml.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Role = Literal["status", "payment", "financial", "fulfilment", "type"]
"""What a state column describes; "type" columns say what a row is."""

REFUNDED, REVERSAL, DISCOUNT = "refunded", "reversal", "discount"
"""Meanings that become a kind of line only together with the amount of the line."""

_PRECEDENCE = ("test", "cancelled", "voucher", "fee", DISCOUNT, "adjustment", REVERSAL, "return",
               REFUNDED, "sale")  # fmt: skip

_LOOSE = {
    "state", "mode", "event", "kind", "type", "typ", "art", "nature", "tipo", "soort", "etat",
    "estado", "stato", "zustand", "operation", "causale", "vorgang", "order type",
}  # fmt: skip
"""Column names that often name something else, such as a state of the USA or a type of product."""


@dataclass(frozen=True)
class Meaning:
    """What a word means for a line.

    kind         a kind of line, or REFUNDED, REVERSAL or DISCOUNT
    because      the reason shown to people; empty for an ordinary sale
    is_partial   only a part was given back, and the word does not say how much
    is_open      the word can also name a refund of another order
    is_document  the word names a row rather than the state of an order
    is_unpaid    the order is not paid, which does not matter once it is delivered
    is_delivered the goods have left the shop
    """

    kind: str
    because: str
    is_partial: bool = False
    is_open: bool = False
    is_document: bool = False
    is_unpaid: bool = False
    is_delivered: bool = False

    @property
    def rank(self) -> int:
        """The position among meanings: of several that a line has, the lowest decides."""
        return _PRECEDENCE.index(self.kind)


@dataclass(frozen=True)
class Flag:
    """A column that says yes or no, or that has a time if the answer is yes.

    is_negated  the meaning is that of "no", as of "completed"
    """

    meaning: Meaning
    is_time: bool
    is_negated: bool = False


@dataclass(frozen=True)
class _Entry:
    meaning: Meaning
    words: frozenset[str]
    within: tuple[str, ...]
    columns: frozenset[str]


@dataclass(frozen=True)
class _Words:
    roles: Mapping[str, Role]
    flags: Mapping[str, Flag]
    answers: Mapping[str, bool]
    entries: tuple[_Entry, ...]
    parts: frozenset[str]
    undecided: frozenset[str]


def role_of(column: str) -> Role | None:
    """Return what a column describes by its name; None if the name does not say."""
    return next((_words().roles[name] for name in _names(column) if name in _words().roles), None)


def is_loose(column: str) -> bool:
    """Return whether columns with this name often hold something else."""
    return _names(column)[-1] in _LOOSE


def flag_of(column: str) -> Flag | None:
    """Return what a column marks by its name; None if the name does not say."""
    return next((_words().flags[name] for name in _names(column) if name in _words().flags), None)


def answer(value: str) -> bool | None:
    """Return whether a value says yes or no; None if it says neither."""
    return _words().answers.get(plain(re.sub(r"^([01])\.0+$", r"\1", value)))


def answers_no() -> list[str]:
    """Return the words for no, in lower case."""
    return [word for word, is_yes in _words().answers.items() if not is_yes]


def meaning_of(value: str, role: Role) -> Meaning | None:
    """Return what a value in a state column means; None if it is not known."""
    text = plain(value)
    entries = [entry for entry in _words().entries if not entry.columns or role in entry.columns]
    whole = next((entry.meaning for entry in entries if text in entry.words), None)
    meaning = whole or _meaning_within(f" {text} ", entries)
    if meaning and meaning.kind == REFUNDED and role == "type":
        return replace(meaning, kind="return", because="A return or a refund")
    return meaning


def plain(text: str) -> str:
    """Return words in lower case, without accents and punctuation: "Annulé" is annule."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", split) if not unicodedata.combining(c))
    words = re.findall(r"[^\W_]+", bare.casefold())
    # WooCommerce puts orders on hold until they are paid, other shops for any reason.
    is_prefixed = words[:1] == ["wc"] and words != ["wc", "on", "hold"]
    return " ".join(words[1:] if is_prefixed else words)


def _meaning_within(text: str, entries: Iterable[_Entry]) -> Meaning | None:
    """Return the only meaning that words in a longer text have; None if there are several."""
    found = [e.meaning for e in entries if any(f" {phrase} " in text for phrase in e.within)]
    words = set(text.split())
    if not found or len({meaning.kind for meaning in found}) > 1 or words & _words().undecided:
        return None
    if words & _words().parts:
        return next(e.meaning for e in entries if e.meaning.is_partial)
    return found[0]


def _names(column: str) -> list[str]:
    """Return a name and its last part: "orders.status" and "Order Lines/Status" are status."""
    return [plain(column), plain(re.split(r"[./]", column)[-1])]


@cache
def _words() -> _Words:
    data = tomllib.loads((files(__package__) / "states.toml").read_text("utf-8"))
    entries = tuple(map(_entry, data["meanings"].values()))
    return _Words(
        roles={plain(word): role for role, words in data["columns"].items() for word in words},
        flags={
            plain(word): _flag(flag) for flag in data["flags"].values() for word in flag["names"]
        },
        answers={
            plain(word): is_yes
            for is_yes, words in ((True, data["answers"]["yes"]), (False, data["answers"]["no"]))
            for word in words
        },
        entries=entries,
        parts=frozenset(map(plain, data["parts"]["words"])),
        undecided=frozenset(map(plain, data["undecided"]["words"])),
    )


def _flag(flag: Mapping[str, Any]) -> Flag:
    meaning = Meaning(flag["kind"], flag["because"], is_unpaid=flag.get("is_unpaid", False))
    return Flag(meaning, flag.get("is_time", False), flag.get("is_negated", False))


def _entry(entry: Mapping[str, Any]) -> _Entry:
    meaning = Meaning(
        entry["kind"],
        entry["because"],
        is_partial=entry.get("is_partial", False),
        is_open=entry.get("is_open", False),
        is_document=entry.get("is_document", False),
        is_unpaid=entry.get("is_unpaid", False),
        is_delivered=entry.get("is_delivered", False),
    )
    return _Entry(
        meaning,
        frozenset(map(plain, entry["words"])),
        tuple(map(plain, entry.get("within", ()))),
        frozenset(entry.get("columns", ())),
    )
