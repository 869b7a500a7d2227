"""The report of a build, load or undo: what was read, what became of it and what it changed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from regulars.core.conventions import Repeats
from regulars.core.errors import listed
from regulars.core.formatting import counted
from regulars.loads.stage_source import StagedSource
from regulars.sources.labels import NO_SALE
from regulars.sources.profiles.people import EMAIL, PHONE
from regulars.transform.orders.reconcile import LedgerEntry
from regulars.transform.staging.nobody import NobodyWord

MOST_WORDS = 30
MOST_CONTACTS = 5


@dataclass(frozen=True)
class OrderChanges:
    """How many orders a load added, changed, left unchanged or removed."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True)
class MergedCustomers:
    """Who is one person under several customer ids.

    ids        how many customer ids these people have
    people     how many people they are
    examples   the ids of the first of them; the id that they count under comes first
    many       the id of each person with suspiciously many ids, and how many
    too_many   contacts of too many customers: kind, number of customers, one of them
    disputed   customers who are not merged, because two of them are kept apart
    unknown    customers to keep apart who have no contact, or are no customers
    """

    ids: int = 0
    people: int = 0
    examples: Sequence[Sequence[str]] = ()
    many: Sequence[tuple[str, int]] = ()
    too_many: Sequence[tuple[str, int, str]] = ()
    disputed: Sequence[str] = ()
    unknown: Sequence[str] = ()


@dataclass(frozen=True)
class LoadReport:
    """What a build or load read, what became of it and how it was read.

    load        number of the load in the warehouse; 0 if nothing was written
    orders      how many orders it changed
    entries     ledger entries: rows and money by source, outcome and kind
    reasons     how many rows failed each rule
    examples    the first quarantined rows: source, source_row, reasons, original
    repeated    how many orders are in more than one source
    differing   those of them whose lines differ between sources
    policy      what was done with repeated orders
    identical   lines identical to an earlier line of the same order and source; all are counted
    shared      orders whose lines name more than one customer or location
    spread      orders with lines on more than one day
    in_stores   orders with lines in more than one store
    warnings    expectations that the load does not meet
    duplicates  sources whose content the warehouse already had, and the name it has there
    preview     the first accepted lines, as they were read; only for a check
    corrections_within  days within which a credit cancels an order; 0 if credits never do
    corrections  how many more orders a credit cancels; fewer if negative
    merged      who is one person under several ids; None if every id is a customer
    """

    warehouse: str | None
    conventions: str
    entries: list[LedgerEntry]
    policy: Repeats
    sources: list[StagedSource] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    repeated: int = 0
    differing: Sequence[str] = ()
    identical: int | None = None
    shared: Sequence[str] = ()
    spread: Sequence[str] = ()
    in_stores: Sequence[str] = ()
    load: int = 0
    orders: OrderChanges = OrderChanges()
    warnings: Sequence[str] = ()
    duplicates: Mapping[str, str] = field(default_factory=dict)
    preview: Sequence[Mapping[str, Any]] = ()
    corrections_within: int = 0
    corrections: int = 0
    merged: MergedCustomers | None = None

    def total(self, outcome: str, kind: str | None = None) -> tuple[int, Decimal]:
        """Return rows and money of an outcome, of one kind or of all, from this load's sources."""
        sources = {source.source_id for source in self.sources}
        matching = [
            entry
            for entry in self.entries
            if entry.source_id in sources
            and entry.outcome == outcome
            and kind in (None, entry.kind)
        ]
        amounts = (entry.amount for entry in matching)
        return sum(entry.rows for entry in matching), sum(amounts, Decimal(0))

    @property
    def unreadable(self) -> int:
        """How many quarantined rows may be sales, unlike totals, notes and repeated headers."""
        return self.total("quarantined")[0] - sum(self.reasons[reason] for reason in NO_SALE)


@dataclass(frozen=True)
class Remark:
    """A sentence about the orders of a load."""

    text: str
    is_warning: bool = True

    def __str__(self) -> str:
        return f"Warning: {self.text}" if self.is_warning else self.text


_REPEATED = {
    "replace": "the latest version counts",
    "union": "their lines are merged",
    "keep": "every copy counts",
    "error": "the latest version counts",
}


def remarks(report: LoadReport) -> Iterator[Remark]:
    """Yield the warnings of sources, placeholders, and remarks on repeated and odd orders."""
    yield from (Remark(text) for source in report.sources for text in source.warnings)
    yield from (Remark(note, is_warning=False) for one in report.sources for note in one.notes)
    yield from _nobody(report.sources)
    yield from _merged_customers(report.merged or MergedCustomers())
    yield from _corrections(report)
    if report.repeated:
        orders = counted(report.repeated, "order is", "orders are")
        policy = _REPEATED[report.policy]
        yield Remark(f"{orders} in more than one source; {policy}.", is_warning=False)
    if report.differing:
        orders = counted(len(report.differing), "of them differs", "of them differ")
        yield Remark(f"{orders} between sources: {listed(report.differing)}")
    if report.shared:
        orders = counted(len(report.shared), "order has", "orders have")
        yield Remark(
            f"{orders} more than one customer or location. Each counts for the one on most of its "
            f"lines: {listed(report.shared)}"
        )
    if report.in_stores:
        yield Remark(several_stores(report.in_stores))
    if report.spread:
        orders = counted(len(report.spread), "order has", "orders have")
        yield Remark(
            f"{orders} lines on more than one day: {listed(report.spread)}. If the numbers restart "
            "every day, make the column with the day a part of them: "
            'order_id = { columns = ["day", "number"] }, under [columns] in your profile.'
        )
    if report.identical and report.identical > 0:
        lines = counted(report.identical, "line is", "lines are")
        yield Remark(
            f"{lines} identical to another line of the same order. All lines count.",
            is_warning=False,
        )


def _corrections(report: LoadReport) -> Iterator[Remark]:
    """Yield how many orders a later credit cancels, or no longer does."""
    number, days = report.corrections, counted(report.corrections_within, "day", "days")
    if number > 0:
        orders = counted(number, "order is", "orders are")
        counts = "counts as cancelled" if number == 1 else "count as cancelled"
        yield Remark(
            f"{orders} undone by a credit within {days}, and {counts}. List them:  "
            "regulars show corrections",
            is_warning=False,
        )
    if number < 0:
        orders = counted(-number, "order counts", "orders count")
        yield Remark(f"{orders} again, because no credit undoes them now.", is_warning=False)


def several_stores(orders: Sequence[str]) -> str:
    """Return the warning about orders with lines in more than one store, with what to do."""
    are = counted(len(orders), "order number is", "order numbers are")
    return (
        f"{are} in more than one store: {listed(orders)}. Each counts as one order. If each store "
        'numbers its own orders, write in your profile:\n  [orders]\n  unique_per = "store"'
    )


def _nobody(sources: Sequence[StagedSource]) -> Iterator[Remark]:
    """Yield the customer IDs that are placeholders, and those that may be."""
    words = [word for source in sources for word in source.nobody]
    guests = _merged(word for word in words if word.is_nobody)
    if guests:
        yield Remark(
            f"These customer IDs are placeholders, so their orders are guest orders: "
            f"{_in_words(guests)}. If one is a real customer, add to your profile:\n  [people]\n"
            f'  somebody = ["{guests[0].word}"]',
            is_warning=False,
        )
    unsure = _merged(word for word in words if not word.is_nobody)
    if unsure:
        yield Remark(
            "These customer IDs count as customers, but may be placeholders: "
            f"{_in_words(unsure)}. If one is, add to your profile:\n  [people]\n"
            f'  nobody = ["{unsure[0].word}"]'
        )


def _merged_customers(merged: MergedCustomers) -> Iterator[Remark]:
    """Yield how many ids are one person, and what looks wrong about them."""
    if merged.ids:
        people = counted(merged.people, "customer", "customers")
        examples = listed([" = ".join(ids) for ids in merged.examples], MOST_CONTACTS - 1)
        yield Remark(
            f"{merged.ids:,} customer IDs count as {people}, because they share an email or phone "
            f"number: {examples}. List those of a warehouse:  regulars merges",
            is_warning=False,
        )
    if merged.many:
        ids = [f"{customer} ({ids} IDs)" for customer, ids in merged.many]
        yield Remark(
            f"These customers have many IDs, so some may be other people: {listed(ids)}. Check "
            "them with  regulars merges.  To keep two IDs apart, add to your profile:\n  [people]\n"
            '  keep_apart = [["C1", "C2"]]'
        )
    for kind, customers, example in merged.too_many[:MOST_CONTACTS]:
        yield Remark(
            f"{_CONTACTS[kind]} of {customers:,} customers, such as {example}, is too common to be "
            "one person's, so it is not used to merge customers."
        )
    if merged.disputed:
        yield Remark(
            f"These customers are not merged, because keep_apart names two of them: "
            f"{listed(merged.disputed)}."
        )
    if merged.unknown:
        yield Remark(
            f"keep_apart has no effect for {listed(merged.unknown)}: no customer with such an ID "
            "has an email or phone number."
        )


_CONTACTS = {EMAIL: "An email address", PHONE: "A phone number"}


def _merged(words: Iterable[NobodyWord]) -> list[NobodyWord]:
    """Return each word once, with its rows and money in all sources; most rows first."""
    merged: dict[str, NobodyWord] = {}
    for word in words:
        earlier = merged.get(word.word)
        merged[word.word] = replace(
            word,
            rows=word.rows + (earlier.rows if earlier else 0),
            amount=word.amount + (earlier.amount if earlier else Decimal(0)),
        )
    return sorted(merged.values(), key=lambda word: (-word.rows, word.word))


def _in_words(words: Sequence[NobodyWord]) -> str:
    shown = [
        f'"{word.word}" ({counted(word.rows, "row", "rows")}, {word.amount:,.2f})' for word in words
    ]
    return listed(shown, MOST_WORDS)
