"""Conventions: named sets of the choices on which analysts differ.

`standard` has our own definitions. `lgs` reproduces figures published under other choices, to the
digit. Each set is one TOML file in this folder.
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

    repeated_orders  how to resolve an order in two sources; None leaves it to the profile
    kinds            the kinds of line to recognise; all other lines count as sales
    corrections_within  days within which a credit cancels an order; None leaves it to the profile
    active           a customer is active with "orders" (sales) or with "any line"
    monetary         the M of RFM: "net sales" (after returns) or "purchases" (positive lines only)
    recency          the R of RFM: "calendar days" to the snapshot, or "whole days" of 24 hours
    frequency_ties   the F of RFM: ties score "equal" or are broken by "customer id"
    snapshot         the time as of which RFM scores; None is the day after the last order
    """

    name: str
    description: str
    repeated_orders: Repeats | None = None
    kinds: tuple[str, ...] | Literal["all"] = "all"
    corrections_within: int | None = None
    active: Literal["orders", "any line"] = "orders"
    monetary: Literal["net sales", "purchases"] = "net sales"
    recency: Literal["calendar days", "whole days"] = "calendar days"
    frequency_ties: Literal["equal", "customer id"] = "equal"
    snapshot: datetime | None = None

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a set of conventions. Raises ProfileError if the name is unknown."""
        names = conventions_names()
        if name not in names:
            raise ProfileError(f'There are no conventions "{name}".{did_you_mean(name, names)}')
        text = (files(__package__) / f"{name}.toml").read_text("utf-8")
        return cls._validated(name, tomllib.loads(text))

    def snapshot_after(self, last_order_on: date) -> datetime:
        """Return the time as of which RFM scores by default: the day after the last order."""
        return self.snapshot or datetime.combine(last_order_on + timedelta(days=1), time())

    @classmethod
    def _validated(cls, name: str, chosen: dict[str, object]) -> Self:
        known = {field.name: field.type for field in fields(cls)}
        for key, value in chosen.items():
            if key not in known:
                raise ProfileError(
                    f'Conventions "{name}": unknown "{key}".{did_you_mean(key, known)}'
                )
            allowed = get_args(known[key])
            if allowed and value not in allowed and all(isinstance(one, str) for one in allowed):
                raise ProfileError(
                    f'Conventions "{name}": {key} = "{value}" must be one of {", ".join(allowed)}.'
                )
        if isinstance(chosen.get("kinds"), list):
            chosen["kinds"] = tuple(chosen["kinds"])  # type: ignore[arg-type]
        return cls(name=name, **chosen)  # type: ignore[arg-type]


def conventions_names() -> list[str]:
    """Return the names of the built-in conventions, sorted."""
    paths = files(__package__).iterdir()
    return sorted(path.name.removesuffix(".toml") for path in paths if path.name.endswith(".toml"))
