"""The choice of how many days back the moves between segments look."""

from collections.abc import Mapping

import streamlit as st

from regulars.analyses.customers.recent_moves import DAYS, LOOK_BACKS
from regulars.insights.periods import Span

AS_PERIOD = "period"


def days_to_look_back(period: Span) -> int:
    """Show the choice of days for the moves between segments, and return the days it stands for."""
    choices = look_backs(period)
    words = {
        name: f"As long as the period ({days:,} days)" if name == AS_PERIOD else f"{days} days"
        for name, days in choices.items()
    }
    place, _ = st.columns([1.2, 4])
    name = place.selectbox(
        "Moves between segments in the last", list(choices), list(choices).index(f"{DAYS}"),
        format_func=words.__getitem__, key="moves", bind="query-params", filter_mode=None,
    )  # fmt: skip
    return choices[name]


def look_backs(period: Span) -> Mapping[str, int]:
    """Return the days of each choice by its name in a link."""
    fixed = {f"{days}": days for days in LOOK_BACKS}
    return {**fixed, AS_PERIOD: (period.last - period.first).days + 1}
