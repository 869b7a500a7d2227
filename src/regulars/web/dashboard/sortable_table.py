"""A table that users can sort and search, with numbers as numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from regulars.core.columns import ColumnCard
from regulars.web.dashboard.navigation import PAGE_OF, open_next

_FORMATS = {"money": "accounting", "share": "%.1f%%"}


def show_rows(
    rows: Sequence[Mapping[str, Any]], cards: Mapping[str, ColumnCard], currency: str, key: str
) -> None:
    """Show rows under the labels of their columns, without columns that are empty.

    A click on a customer number or a product code opens its page.
    """
    shown = {
        name: card for name, card in cards.items() if any(row[name] is not None for row in rows)
    }
    labels = {name: _label(card, currency) for name, card in shown.items()}
    table = st.dataframe(
        [{labels[name]: _shown(row[name], card) for name, card in shown.items()} for row in rows],
        hide_index=True,
        column_config={labels[name]: _column(card) for name, card in shown.items()},
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
    )
    by_label = {labels[name]: name for name in PAGE_OF if name in labels}
    for row, label in table["selection"]["cells"]:
        if (name := by_label.get(label)) and rows[row][name]:
            open_next(PAGE_OF[name], rows[row][name])


def _shown(value: Any, card: ColumnCard) -> Any:
    """Return a value as the format of its column expects it: a share in percent, no text empty."""
    if value is None:
        return "" if card.unit == "text" else None
    return value * 100 if card.unit == "share" else value


def _label(card: ColumnCard, currency: str) -> str:
    return f"{card.label}, {currency}" if card.unit == "money" and currency else card.label


def _column(card: ColumnCard) -> Any:
    """Return the configuration of a column. Numbers stay numbers, so that users can sort them."""
    if card.unit == "text":
        return st.column_config.TextColumn(help=card.description)
    if card.unit == "date":
        return st.column_config.DateColumn(help=card.description)
    if card.unit == "yes/no":
        return st.column_config.CheckboxColumn(help=card.description)
    number_format = _FORMATS.get(card.unit, "localized")
    return st.column_config.NumberColumn(help=card.description, format=number_format)
