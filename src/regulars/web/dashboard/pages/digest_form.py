"""The settings of the digest as inputs: when it is due, and what raises an alert."""

from dataclasses import replace
from datetime import time
from typing import Any

import streamlit as st

from regulars.core.errors import RegularsError
from regulars.insights.digest.alerts import Thresholds
from regulars.insights.digest.period import PERIODS
from regulars.web.dashboard.markdown import show_error
from regulars.web.digest.schedule import DAILY, DAYS, LAST_DAY, Schedule
from regulars.web.digest.settings import DigestSettings, checked_dashboard

_AMOUNTS = {
    "net_sales_below": "Net sales below", "net_sales_above": "Net sales above",
    "day_net_sales_below": "Daily net sales below",
    "day_net_sales_above": "Daily net sales above",
}  # fmt: skip
_QUARTER = 15 * 60


def show_settings(settings: DigestSettings) -> DigestSettings | None:
    """Show the inputs; return the changed settings when the user saves them, else None."""
    with st.expander(f"Day, time and alerts: {settings.schedule}"):
        period, schedule = _when(settings)
        thresholds = _thresholds(settings.thresholds)
        dashboard = st.text_input(
            "Address of this dashboard, for links in the digest", settings.dashboard,
            placeholder="https://shop.example.com/", key="mail_dashboard",
        )  # fmt: skip
        if not st.button("Save settings", type="primary"):
            return None
    try:
        return replace(
            settings, period=period, schedule=Schedule(*schedule),
            thresholds=Thresholds(**thresholds), dashboard=checked_dashboard(dashboard),
        )  # fmt: skip
    except RegularsError as error:
        show_error(error)
        return None


def _when(settings: DigestSettings) -> tuple[Any, tuple[str, str]]:
    places = st.columns(3)
    period = places[0].selectbox(
        "Period", PERIODS, PERIODS.index(settings.period), key="mail_period", filter_mode=None,
        format_func=lambda kind: f"Last whole {kind}",
    )  # fmt: skip
    of_month = tuple(map(str, range(1, LAST_DAY + 1)))
    days = (*(DAYS if period == "week" else of_month), DAILY)
    known = settings.schedule.day
    day = places[1].selectbox(
        "Day" if period == "week" else "Day of the month", days,
        days.index(known) if known in days else 0, key=f"mail_day_{period}", filter_mode=None,
        format_func=str.capitalize,
    )  # fmt: skip
    at = places[2].time_input(
        "Time", time.fromisoformat(settings.schedule.time), step=_QUARTER, key="mail_time"
    )
    return period, (day, f"{at:%H:%M}" if at else settings.schedule.time)


def _thresholds(limits: Thresholds) -> dict[str, Any]:
    """Show the threshold inputs and return their values; an empty one is off."""
    places, values = st.columns(len(_AMOUNTS)), {}
    for place, (name, label) in zip(places, _AMOUNTS.items(), strict=True):
        values[name] = place.number_input(
            label, 0.0, value=getattr(limits, name), placeholder="Off", key=f"mail_{name}"
        )
    places = st.columns([1, 1, 2], vertical_alignment="bottom")
    rate = None if limits.return_rate_above is None else limits.return_rate_above * 100
    rate = places[0].number_input(
        "Return rate above (%)", 0.0, 100.0, rate, placeholder="Off", key="mail_return_rate"
    )
    days = places[1].number_input(
        "No orders for (days)", 0, 365, limits.no_data_days, key="mail_no_data",
        help="Enter 0 to turn it off.",
    )  # fmt: skip
    unusual = places[2].checkbox(
        "Days with unusual sales for their weekday", limits.unusual_days, key="mail_unusual",
        help="Net sales that differ from the median of the same weekday in the 12 weeks before by "
        "more than 3.5 robust standard deviations and at least a quarter.",
    )  # fmt: skip
    values["return_rate_above"] = None if rate is None else round(rate / 100, 6)
    return {**values, "no_data_days": int(days), "unusual_days": unusual}
