"""Views that are kept under names, for everybody who looks at the dashboard.

They are in a file of their own: they hold places, segments, categories and products, nobody's name.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from regulars.core.errors import ProfileError, QuestionError
from regulars.insights.periods import Span
from regulars.insights.view import AGAINST, FILTERS, PERIODS, View
from regulars.web.state_file import changing, write_whole

LONGEST_NAME, MOST_VIEWS = 60, 200


@dataclass(frozen=True)
class SavedView:
    """A view with its name, and who keeps it."""

    name: str
    by: str
    view: View


class ViewFile:
    """The views in a file, as they are now."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self.path = path

    def views(self) -> list[SavedView]:
        """Return the views by their names.

        Raises ProfileError for a file that is not well formed.
        """
        if not self.path.exists():
            return []
        try:
            told = json.loads(self.path.read_text("utf-8"))
            return sorted(map(_read, told), key=lambda one: one.name.casefold())
        except OSError as error:
            raise ProfileError(f"{self.path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ProfileError(
                f"{self.path} is not as the dashboard writes it. Move it away to begin anew."
            ) from None

    def keep(self, name: str, view: View, by: str) -> None:
        """Keep a view; one of the same name gives way to it, if it is theirs.

        Raises QuestionError for a name that will not do.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise QuestionError(f"A view needs a name of 1 to {LONGEST_NAME} letters.")
        with changing(self.path):
            others, same = _apart(self.views(), name)
            if same and same.by != by:
                raise QuestionError(f'"{same.name}" is kept by {same.by}: take another name.')
            if len(others) >= MOST_VIEWS:
                raise QuestionError(f"There are {MOST_VIEWS} views: remove one first.")
            self._write([*others, SavedView(name, by, view)])

    def remove(self, name: str) -> None:
        """Keep a view no longer; nothing happens where there is none of that name."""
        with changing(self.path):
            others, _ = _apart(self.views(), name)
            self._write(others)

    def _write(self, views: Iterable[SavedView]) -> None:
        write_whole(self.path, json.dumps([_told(one) for one in views], indent=1) + "\n")


def _apart(views: Sequence[SavedView], name: str) -> tuple[list[SavedView], SavedView | None]:
    """Return the views of other names, and the one of this name."""
    same = next((one for one in views if one.name.casefold() == name.casefold()), None)
    return [one for one in views if one is not same], same


def _told(saved: SavedView) -> dict[str, Any]:
    view = saved.view
    days = [view.days.first.isoformat(), view.days.last.isoformat()] if view.days else None
    return {
        "name": saved.name, "by": saved.by, "period": view.period, "against": view.against,
        "days": days, "where": {column: list(values) for column, values in view.where.items()},
    }  # fmt: skip


def _read(told: Mapping[str, Any]) -> SavedView:
    """Return a view as it was told; raises ValueError or KeyError for what is none."""
    days = Span(*map(date.fromisoformat, told["days"])) if told["days"] else None
    where = {column: tuple(map(str, values)) for column, values in told["where"].items()}
    period, against = told["period"], told["against"]
    if period not in PERIODS or against not in AGAINST or not set(where) <= set(FILTERS):
        raise ValueError
    view = View(period, against, days, where)
    return SavedView(str(told["name"]), str(told["by"]), view)
