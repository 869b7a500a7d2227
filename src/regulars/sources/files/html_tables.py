"""Read the tables of a web page, which many back offices export under the name .xls."""

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.sources.files.encoding import as_utf8
from regulars.sources.files.sheets import Sheet, sales_tables, sheet_of
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

MOST_SPANNED = 1_000
"""The most columns that a cell may span; browsers have the same limit."""


def read_html(
    con: "ibis.BaseBackend",
    path: Path,
    name: str,
    *,
    file: FileOptions,
    chosen: Profile | None,
    workdir: Path,
) -> list[RawTable]:
    """Return the tables of a web page that look like sales, with cells as text.

    The tables are called "table 1", "table 2" and so on.

    Raises SourceError if it has no table with rows, and MappingError if none looks like sales.
    """
    sheets = _sheets(path, name, file, chosen, workdir)
    if file.table:
        sheets = [sheet for sheet in sheets if sheet.name == file.table]
    if not any(sheet.rows for sheet in sheets):
        raise SourceError(f"{name} is a web page without a table of rows. Export it as .csv.")
    shown = [sheet for sheet in sheets if sheet.rows]
    return sales_tables(con, shown, name, file=file, chosen=chosen, workdir=workdir)


def _sheets(
    path: Path, name: str, file: FileOptions, chosen: Profile | None, workdir: Path
) -> list[Sheet]:
    reader = _TableReader()
    utf8 = as_utf8(path, name, file.encoding, workdir).path
    reader.feed(utf8.read_text("utf-8-sig"))
    reader.close()
    sheets = (
        sheet_of(f"table {number}", _as_arrow(rows), name, file=file, chosen=chosen)
        for number, rows in enumerate(reader.tables, 1)
        if any(map(any, rows))
    )
    return [sheet for sheet in sheets if sheet is not None]


def _as_arrow(rows: list[list[str]]) -> "pa.Table":
    """Return rows as columns of text; an empty cell is NULL."""
    import pyarrow as pa

    width = max(map(len, rows))
    padded = [row + [""] * (width - len(row)) for row in rows]
    columns = [[cell or None for cell in column] for column in zip(*padded, strict=True)]
    return pa.table({str(n): pa.array(cells, pa.string()) for n, cells in enumerate(columns)})


_Spans = dict[int, tuple[int, str]]


def _span(attrs: list[tuple[str, str | None]], name: str) -> int:
    """Return how many columns or rows a cell spans."""
    span = dict(attrs).get(name) or "1"
    return max(1, min(int(span), MOST_SPANNED)) if span.isdecimal() else 1


class _TableReader(HTMLParser):
    """Collects the rows of every table. A table inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._cells: list[list[str] | None] = []
        self._columns = self._rows = 1
        # The cells that span into this row and into the next: how many more rows, and the text.
        self._spanned: list[_Spans] = []
        self._spans: list[_Spans] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell; <br> is a blank inside a cell."""
        if tag == "table":
            self._open.append([])
            self._cells.append(None)
            self._spanned.append({})
            self._spans.append({})
            self.tables.append(self._open[-1])
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].append([])
            self._spanned[-1], self._spans[-1] = self._spans[-1], {}
            self._add_spanned()
        elif tag in ("td", "th"):
            self._end_cell()
            self._cells[-1] = []
            self._columns, self._rows = _span(attrs, "colspan"), _span(attrs, "rowspan")
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a cell, a row or a table."""
        if not self._open:
            return
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table":
            self._end_cell()
            self._open.pop()
            self._cells.pop()
            self._spanned.pop()
            self._spans.pop()

    def handle_data(self, data: str) -> None:
        """Add text to the open cell, if there is one."""
        if self._cells and (cell := self._cells[-1]) is not None:
            cell.append(data)

    def _end_cell(self) -> None:
        if (cell := self._cells[-1]) is None:
            return
        rows = self._open[-1]
        if not rows:
            rows.append([])
        # The columns that a cell spans are blank, as in a workbook; the rows repeat its text.
        texts = [" ".join("".join(cell).split()), *[""] * (self._columns - 1)]
        if self._rows > 1:
            more = enumerate(texts, len(rows[-1]))
            self._spans[-1] |= {position: (self._rows - 1, text) for position, text in more}
        rows[-1] += texts
        self._cells[-1], self._columns, self._rows = None, 1, 1
        self._add_spanned()

    def _add_spanned(self) -> None:
        """Add the cells of rows above that span this row, up to the next cell of its own."""
        row, spanned = self._open[-1][-1], self._spanned[-1]
        while (position := len(row)) in spanned:
            rows, text = spanned.pop(position)
            row.append(text)
            if rows > 1:
                self._spans[-1][position] = (rows - 1, text)
