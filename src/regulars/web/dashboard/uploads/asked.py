"""Which settings a check asks about: those of the profile lines that its messages propose."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from regulars.sources.profiles.advice import Proposal
from regulars.web.dashboard.uploads.corrections import CURRENCY, Setting


def asked_settings(proposals: Iterable[Proposal]) -> list[Setting]:
    """Return the settings that proposals are about, each once, in their order."""
    return list(dict.fromkeys(setting for one in proposals for setting in _settings(one)))


def _settings(proposal: Proposal) -> Iterator[Setting]:
    section, key, value = proposal.section, proposal.key, proposal.value
    match section:
        case "kinds" if key not in ("kind", "because"):
            values = value if isinstance(value, list) else [value]
            yield from ((section, key, one) for one in values)
        case "kinds":
            return
        case "currencies":
            yield from (CURRENCY, *(() if key == "base" else ((section, key),)))
        case "formats" if key == "currency":
            yield from (CURRENCY, ("currencies", str(value)))
        case _:
            yield section, key
            yield from _ALTERNATIVES.get((section, key), ())


_ALTERNATIVES: Mapping[Setting, Sequence[Setting]] = {
    ("columns", "unit_price"): (("columns", "line_total"),),
    ("columns", "line_total"): (("columns", "unit_price"),),
    ("columns", "product_id"): (("columns", "product_name"),),
    ("columns", "product_name"): (("columns", "product_id"),),
    ("columns", "order_discount"): (("columns", "discount"),),
    ("formats", "date_format"): (("columns", "ordered_at"),),
}
"""Settings that can take the place of another."""
