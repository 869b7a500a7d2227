"""A campaign in the real shop: a list of customers that was exported in September 2011."""

from datetime import datetime

import duckdb

from regulars.core.settings import Settings
from regulars.lists.api import Control, Selection, create_list

CAMPAIGN, SENT_ON = "Win back in September", "2011-09-05"


def add_campaign(location: str) -> None:
    """Save the customers who were At Risk that day, a fifth of them held out, and their export."""
    at_risk = Selection(("At Risk",), as_of=SENT_ON)
    saved = create_list(
        CAMPAIGN, at_risk, control=Control(0.2), author="adam", warehouse=location,
        settings=Settings(),
    )  # fmt: skip
    export = (datetime.fromisoformat(f"{SENT_ON} 10:00"), "adam", "treatment", "klaviyo",
              saved.counts.treatment, "win-back.csv")  # fmt: skip
    with duckdb.connect(location) as con:
        con.execute(
            "INSERT INTO list_exports SELECT list_id, ?, ?, ?, ?, ?, ? FROM lists WHERE name = ?",
            [*export, CAMPAIGN],
        )
