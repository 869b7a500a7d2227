"""Saved views: a page with its period and filters under a name, shared by all users.

They have a file of their own and contain no personal data beyond the user who saved them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from regulars.core.errors import InputError, ProfileError
from regulars.insights.periods import Span
from regulars.insights.view import AGAINST, FILTERS, PERIODS, View
from regulars.web.state_file import exclusive, write_atomically

MAX_NAME_LENGTH, MAX_VIEWS = 60, 200


@dataclass(frozen=True)
class SavedView:
    """A view with its name and the user who saved it.

    page  the page it was saved on; empty in files of earlier versions
    """

    name: str
    author: str
    view: View
    page: str = ""


class ViewFile:
    """The saved views in a file."""

    def __init__(self, path: Path) -> None:
        """Start without reading the file."""
        self.path = path

    def views(self) -> list[SavedView]:
        """Return the saved views by name.

        Raises ProfileError if the file is invalid.
        """
        if not self.path.exists():
            return []
        try:
            entries = json.loads(self.path.read_text("utf-8"))
            return sorted(map(_from_json, entries), key=lambda saved: saved.name.casefold())
        except OSError as error:
            raise ProfileError(f"{self.path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ProfileError(
                f"{self.path} is not a valid file of saved views. Move or delete it to start over."
            ) from None

    def save(self, name: str, view: View, author: str, page: str = "") -> None:
        """Save a view of a page, replacing the author's view of the same name.

        Raises InputError for an invalid name, another user's name, or too many views.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME_LENGTH or not name.isprintable():
            raise InputError(f"Give the view a name (up to {MAX_NAME_LENGTH} characters).")
        with exclusive(self.path):
            others, same = _split(self.views(), name)
            if same and same.author != author:
                raise InputError(
                    f'{same.author} already uses the name "{same.name}". Choose another.'
                )
            if len(others) >= MAX_VIEWS:
                raise InputError(f"There are already {MAX_VIEWS} views. Delete one first.")
            self._write([*others, SavedView(name, author, view, page)])

    def delete(self, name: str) -> None:
        """Delete a view; do nothing if there is none with that name."""
        with exclusive(self.path):
            others, _ = _split(self.views(), name)
            self._write(others)

    def _write(self, views: Iterable[SavedView]) -> None:
        write_atomically(self.path, json.dumps([_to_json(view) for view in views], indent=1) + "\n")


def _split(views: Sequence[SavedView], name: str) -> tuple[list[SavedView], SavedView | None]:
    """Return the views with other names, and the one with this name."""
    same = next((saved for saved in views if saved.name.casefold() == name.casefold()), None)
    return [saved for saved in views if saved is not same], same


def _to_json(saved: SavedView) -> dict[str, Any]:
    view = saved.view
    days = [view.days.first.isoformat(), view.days.last.isoformat()] if view.days else None
    return {
        "name": saved.name, "by": saved.author, "period": view.period, "against": view.against,
        "days": days, "where": {column: list(values) for column, values in view.where.items()},
        "page": saved.page,
    }  # fmt: skip


def _from_json(entry: Mapping[str, Any]) -> SavedView:
    """Return a saved view. Raises ValueError or KeyError for an invalid entry."""
    days = Span(*map(date.fromisoformat, entry["days"])) if entry["days"] else None
    where = {column: tuple(map(str, values)) for column, values in entry["where"].items()}
    period, against = entry["period"], entry["against"]
    if period not in PERIODS or against not in AGAINST or not set(where) <= set(FILTERS):
        raise ValueError
    view = View(period, against, days, where)
    return SavedView(str(entry["name"]), str(entry["by"]), view, str(entry.get("page", "")))
