"""The parameters of requests, as the API describes and checks them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from regulars.core.errors import InputError
from regulars.web.api.answers import Question

MOST_ROWS = 10_000
"""The most rows of a JSON page; a file has all rows."""


class Parameters(BaseModel):
    """No parameters. A misspelt one is refused, because leaving it out would change the result."""

    model_config = ConfigDict(extra="forbid")


class Filters(Parameters):
    """The period and the filters of a query."""

    since: str | None = Field(None, description="First day of the period, such as 2011-01-01.")
    until: str | None = Field(None, description="Last day of the period.")
    as_of: str | None = Field(None, description="Score RFM as of this day.")
    where: list[str] = Field(
        [],
        description="Filters as COLUMN=VALUE. Several values of one column widen the filter, "
        "several columns narrow it.",
    )

    def conditions(self) -> dict[str, list[str]]:
        """Return the accepted values by column. Raises InputError for a filter without a value."""
        found: dict[str, list[str]] = {}
        for condition in self.where:
            column, sign, value = condition.partition("=")
            if not (column and sign and value):
                raise InputError(f'"{condition}" is not a filter. Write where=COLUMN=VALUE.')
            found.setdefault(column, []).append(value)
        return found


class AnalysisQuery(Filters):
    """A query of an analysis, and the form of its result."""

    by: str | None = Field(None, description="Break the result down by this dimension.")
    among: str | None = Field(None, description="For RFM: everyone, or filtered customers only.")
    against: str | None = Field(
        None, description="For sales_change: year, before, or FROM/TO to compare with."
    )
    buyer: str | None = Field(None, description="For lines: only lines bought by this group.")
    days: str | None = Field(None, description="For recent_moves and moved_customers: days back.")
    percentile: str | None = Field(
        None, description="For order_amounts: also without orders above this percentile."
    )
    format: Literal["json", "csv", "arrow", "parquet"] = Field(
        "json", description="JSON comes in pages, the other formats as files with all rows."
    )
    limit: int = Field(1_000, ge=1, le=MOST_ROWS, description="Rows of a JSON page.")
    offset: int = Field(0, ge=0, le=2**53, description="The first row of a JSON page.")

    def question(self, analysis: str) -> Question:
        """Return the query of an analysis."""
        named = ("by", "among", "against", "buyer", "days", "percentile")
        options = {name: getattr(self, name) for name in named}
        return Question(
            analysis, self.since, self.until, self.as_of, self.conditions(),
            {name: value for name, value in options.items() if value is not None},
        )  # fmt: skip


class ResultsQuery(Parameters):
    """What results of a list to return."""

    days: int | None = Field(None, ge=1, le=3_650, description="Count only this many days.")


class ExportQuery(Parameters):
    """How to write an exported list."""

    form: str = Field("plain", description="The export format, such as klaviyo or mailchimp.")
    file_type: Literal["csv", "xlsx"] = "csv"
    control: bool = Field(False, description="Export the control group instead.")
