"""What pages are made of: text that is ready to show, which the templates only arrange."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from regulars.core.formatting import Change
from regulars.insights.charts.charts import BarChart
from regulars.insights.charts.sparklines import Sparkline
from regulars.insights.charts.world_map import MapView
from regulars.insights.periods import Span


@dataclass(frozen=True)
class Kpi:
    """A headline figure with its change from an earlier period.

    before         the figure of the earlier period; empty if nothing is compared
    earlier        which period that is, such as "a year earlier"
    overall        the figure of all data; empty if it is not shown
    figure         reference to the lines behind `value`, as of `FigureRef.encode`
    figure_before  the same for `before`
    """

    name: str
    label: str
    value: str
    change: Change | None
    before: str
    earlier: str
    overall: str
    description: str
    figure: str
    figure_before: str
    sparkline: Sparkline | None = None


@dataclass(frozen=True)
class Headlines:
    """The headline figures of a period, the main ones first.

    left_out  what net sales leave out; None if there is nothing
    """

    main: Sequence[Kpi]
    others: Sequence[Kpi]
    finding: str
    detail: str
    left_out: Kpi | None = None


@dataclass(frozen=True)
class Header:
    """The header of a column with its tooltip.

    member  the value of `column` to filter by when the header is clicked; empty for none
    """

    label: str
    means: str = ""
    is_number: bool = True
    column: str = ""
    member: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    note    smaller text next to it
    bar     length of a bar as a part of the longest one; negative for a decrease
    tick    a line across the bar, as a part of the longest bar
    heat    background shade from 0 to 1
    swatch  number of a colour shown in front
    member  the value to filter by when the cell is clicked; empty for none
    figure  reference to the lines behind it, as of `FigureRef.encode`; empty for none
    column  the column that `member` is a value of, if it is not that of the table
    """

    text: str
    note: str = ""
    bar: float | None = None
    heat: float | None = None
    swatch: int | None = None
    style: str = ""
    member: str = ""
    figure: str = ""
    tick: float | None = None
    column: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under headers; a folded table opens on a click.

    column    the column that the cells' members are values of
    download  a reference to all of its rows, for a file; empty if there is none
    """

    title: str
    headers: Sequence[Header]
    rows: Sequence[Sequence[Cell]]
    style: str = ""
    is_folded: bool = False
    column: str = ""
    download: str = ""
    shape: str = "table"


@dataclass(frozen=True)
class Figure:
    """A chart with a legend: pairs of colour and label."""

    chart: BarChart
    legend: Sequence[tuple[str, str]] = ()
    shape: str = "figure"


@dataclass(frozen=True)
class RfmCell:
    """One cell of the R x F map."""

    r: int
    f: int
    segment: str
    customers: str
    swatch: int
    is_empty: bool


@dataclass(frozen=True)
class RfmMap:
    """The R x F map, best recency on top, with its text for screen readers."""

    cells: Sequence[RfmCell]
    alt: str
    shape: str = "map"


@dataclass(frozen=True)
class WorldMap:
    """Sales by country in one or two views; the note adds what the map does not show.

    legend  pairs of CSS class and label
    """

    views: Sequence[MapView]
    legend: Sequence[tuple[str, str]]
    note: str
    shape: str = "world"


@dataclass(frozen=True)
class Note:
    """A sentence or two, perhaps a warning."""

    words: str
    is_caution: bool = False
    shape: str = "note"


@dataclass(frozen=True)
class NoteLine:
    """A note on days, with the number of its badge in the chart."""

    number: int
    title: str
    text: str


@dataclass(frozen=True)
class NoteList:
    """The notes on days in a chart."""

    lines: Sequence[NoteLine]
    shape: str = "notes"


Part = Table | Figure | RfmMap | WorldMap | Note | NoteList


@dataclass(frozen=True)
class CallToAction:
    """Customers to contact and why, with a reference to their figure.

    money  what they have spent
    """

    topic: str
    finding: str
    figure: str
    money: Decimal | None = None


@dataclass(frozen=True)
class Section:
    """One subject of a page: its finding is the heading, its topic the line above.

    has_finding  False if the heading only says why nothing is claimed
    period       the period it covers, next to the topic
    money        the money its finding is about, if it is news; findings are ranked by it
    about        the day or week that its finding names; None for another finding
    happened     a sentence with the notes on the days it compares; empty for none
    """

    name: str
    topic: str
    finding: str
    detail: str = ""
    parts: Sequence[Part] = ()
    call: CallToAction | None = None
    has_finding: bool = True
    period: str = ""
    money: Decimal | None = None
    about: Span | None = None
    happened: str = ""


@dataclass(frozen=True)
class KeyFinding:
    """A finding on its own, with the section that shows the rest or the figure to drill into.

    happened  a sentence with the notes on the days it compares
    """

    topic: str
    finding: str
    page: str
    figure: str = ""
    section: str = ""
    money: Decimal | None = None
    happened: str = ""


@dataclass(frozen=True)
class Match:
    """Something found: the page to open, its parameter, and what to show.

    page    product or customer
    member  the product code or the customer ID
    label   its name
    note    what tells it apart from others of the same name
    value   its net sales, written
    """

    page: str
    member: str
    label: str
    note: str = ""
    value: str = ""


@dataclass(frozen=True)
class HealthSign:
    """One sign of how fresh or complete the data is."""

    label: str
    value: str
    is_bad: bool = False
