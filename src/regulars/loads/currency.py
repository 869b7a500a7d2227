"""The currency of a warehouse: one for all of its sources."""

from collections.abc import Iterable, Mapping

from regulars.core.errors import SourceError
from regulars.core.settings import Settings
from regulars.loads.stage_source import StagedSource
from regulars.sources.profiles.currencies import currency_code, may_be_same

SOURCE_CURRENCY = "source_currency"
"""The fact of a warehouse that names the currency of its sources, empty if none names one."""


def common_currency(sources: Iterable[StagedSource], facts: Mapping[str, str] = {}) -> str:
    """Return the currency of sources and of the warehouse with these facts; empty if none has one.

    Raises SourceError if they differ.
    """
    common, owner = facts.get(SOURCE_CURRENCY, ""), "the warehouse"
    for source in sources:
        if source.currency and common and not may_be_same(source.currency, common):
            raise SourceError(
                f"{source.name} has amounts in {source.currency}, but {owner} has amounts in "
                f"{common}. They cannot be added up. Build a warehouse for each currency, or "
                f'convert one into the other in a profile:\n  [currencies]\n  base = "{common}"\n'
                f'  "{source.currency}" = "?"   # a number: {common} for 1 {source.currency}'
            )
        if source.currency and common in ("", "$"):
            common, owner = source.currency, source.name
    return common


def currency_warnings(source: StagedSource, settings: Settings) -> list[str]:
    """Return a warning if the settings show another currency than the source has."""
    shown = currency_code(settings.currency)
    if not (shown and source.currency) or len(shown) > 3 or may_be_same(shown, source.currency):
        return []
    return [
        f"{source.name} has amounts in {source.currency}, but regulars.toml shows them with "
        f'currency = "{settings.currency}". Change it there.'
    ]
