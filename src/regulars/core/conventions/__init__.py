"""Conventions: the choices on which honest analysts differ, each set of them a named preset.

`standard` is right by our definitions. Another preset exists so that figures published under
other choices come out again to the digit. A preset is data: `presets/*.toml`.
"""

import tomllib
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Literal, Self, get_args

from regulars.core.errors import ProfileError, did_you_mean

Repeats = Literal["replace", "union", "error", "keep"]


@dataclass(frozen=True)
class Conventions:
    """One set of choices.

    repeated_orders  what to do with an order that stands in two sources; None: as the profile says
    kinds            the kinds of line told apart; whatever else a line is counts as a sale
    active           a customer is active through "orders" (sales) or through "any line"
    monetary         RFM's M: "net sales" (after returns) or "purchases" (positive lines alone)
    recency          RFM's R: "calendar days" to the snapshot, or "whole days" of 24 hours
    frequency_ties   RFM's F: equal customers score "equal", or ties are broken by "customer id"
    snapshot         the moment RFM looks back from; None: the day after the last order
    """

    name: str
    description: str
    repeated_orders: Repeats | None = None
    kinds: tuple[str, ...] | Literal["all"] = "all"
    active: Literal["orders", "any line"] = "orders"
    monetary: Literal["net sales", "purchases"] = "net sales"
    recency: Literal["calendar days", "whole days"] = "calendar days"
    frequency_ties: Literal["equal", "customer id"] = "equal"
    snapshot: datetime | None = None

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the preset of that name.

        Raises ProfileError if there is none.
        """
        presets = conventions_names()
        if name not in presets:
            raise ProfileError(f'There are no conventions "{name}".{did_you_mean(name, presets)}')
        text = (files(__package__) / f"{name}.toml").read_text("utf-8")
        return cls._checked(name, tomllib.loads(text))

    def snapshot_after(self, last_order_on: date) -> datetime:
        """Return the moment RFM looks back from, unless told: the day after the last order."""
        return self.snapshot or datetime.combine(last_order_on + timedelta(days=1), time())

    @classmethod
    def _checked(cls, name: str, chosen: dict[str, object]) -> Self:
        known = {field.name: field.type for field in fields(cls)}
        for key, value in chosen.items():
            if key not in known:
                raise ProfileError(
                    f'Conventions "{name}": unknown "{key}".{did_you_mean(key, known)}'
                )
            allowed = get_args(known[key])
            if value in allowed or not all(isinstance(choice, str) for choice in allowed):
                continue
            if allowed:
                raise ProfileError(
                    f'Conventions "{name}": {key} = "{value}" must be one of {", ".join(allowed)}.'
                )
        if isinstance(chosen.get("kinds"), list):
            chosen["kinds"] = tuple(chosen["kinds"])  # type: ignore[arg-type]
        return cls(name=name, **chosen)  # type: ignore[arg-type]


def conventions_names() -> list[str]:
    """Return the names of the presets that come with Regulars, sorted."""
    found = files(__package__).iterdir()
    return sorted(
        entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml")
    )
