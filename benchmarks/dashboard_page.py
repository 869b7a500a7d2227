"""Write the results of the dashboard as a Markdown page."""

import os
import platform
from importlib.metadata import version
from statistics import median, quantiles
from typing import Any

from report import table

PACKAGES = ("regulars", "streamlit", "ibis-framework", "duckdb", "playwright")
NAMES = {"postgresql": "PostgreSQL", "duckdb": "DuckDB"}

ROWS = {
    "start: responds": "server: command to first response",
    "cold: painted": "cold, first paint",
    "cold: heading": "cold, heading",
    "cold: figures": "cold, headline figures",
    "cold: drawn": "cold, all drawn",
    "warm: painted": "warm, first paint",
    "warm: heading": "warm, heading",
    "warm: figures": "warm, headline figures",
    "warm: drawn": "warm, all drawn",
    "new: location": "location chosen, new",
    "cached: location": "location chosen, cached",
    "new: period": "period chosen, new",
    "cached: period": "period chosen, cached",
    "among ten: painted": "among ten, first paint",
    "among ten: heading": "among ten, heading",
    "among ten: figures": "among ten, headline figures",
    "among ten: drawn": "among ten, all drawn",
    "among ten: location": "among ten, location chosen, new",
    "among ten: period": "among ten, period chosen, new",
    "one: open": "one by WebSocket, open page",
    "one: new": "one by WebSocket, new",
    "one: cached": "one by WebSocket, cached",
    "ten: open": "ten by WebSocket, open page at once",
    "ten: new": "ten by WebSocket, new",
    "ten: cached": "ten by WebSocket, cached",
    "ten alike: open": "ten alike, open page at once",
    "ten alike: new": "ten alike, the same new views",
}
LEGEND = """\
- **Regulars** is `regulars dashboard` on the page Today. **Empty page** is the same server,
  including the login middleware, with a page that has a heading, one select box and a line that
  repeats its value. **Plain Streamlit** is `streamlit run` of that page. Regulars cannot be
  faster than these two.
- **Cold**: a new browser opens the page as soon as a new server responds; nothing is cached, and
  the server is computing its first views. **Warm**: the same, once those are cached.
- **First paint** is the browser's own first contentful paint. **Heading**, **headline figures**:
  when they appear. **All drawn**: when nothing is being computed and nothing has changed for 0.3
  s; the time is that of the last change.
- **Location chosen**, **period chosen**: from releasing the mouse on the value until all is drawn
  with new headline figures. **New** is a view nobody has requested yet; **cached** is one
  someone has. On the empty page it is the same choice each time.
- **One by WebSocket**, **ten by WebSocket**: sessions without a browser, because ten browsers
  would take the processor from the server. The time runs from sending a choice to the message
  that the page is finished. Ten users open the page at the same moment, then think 1 to 5 s
  before each choice, and each has different views. **Ten alike** go through the same views. A
  single user goes through the views of all ten.
- **Among ten**: a real browser while nine users by WebSocket choose. Browser, users and server
  share the cores.
- Browser times are exact to a frame, 17 ms. Every view is checked to show other figures than the
  one before, and the same figures to every user each time.
- **Memory** is that of the server's processes: their peak, and their memory at the end of the
  part. Each part starts a new server. On PostgreSQL, the database server is not included.
"""


def markdown(results: dict[str, Any]) -> str:
    """Return the page, with a section for each engine and size."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        "# The dashboard\n\n"
        f"Python {platform.python_version()}, {versions}. {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; browser and users on the "
        "same machine as the server. Written by `python benchmarks/dashboard.py`.",
        LEGEND.rstrip(),
    ]
    for key, measured in results.items():
        figures = measured["results"]
        title = f"## {measured['lines']:,} lines, {NAMES[key.split()[0]]}"
        parts += [f"{title}\n\nMeasured on {measured['on']}.", _times(figures), _memory(figures)]
    return "\n\n".join(parts) + "\n"


def _times(figures: dict[str, Any]) -> str:
    rows = []
    for key, label in ROWS.items():
        times = [contender["seconds"][key] for contender in figures.values()]
        cells = [f"{figure(runs):.2f}" for runs in times for figure in (median, _p95)]
        rows.append([label, str(len(times[0])), *cells])
    heads = [
        "seconds",
        "n",
        *(f"{name}{which}" for name in figures for which in (", median", ", p95")),
    ]
    return table(heads, rows)


def _p95(times: list[float]) -> float:
    """Return the 95th percentile, interpolated."""
    return times[0] if len(times) == 1 else quantiles(times, n=20, method="inclusive")[-1]


def _memory(figures: dict[str, Any]) -> str:
    parts = next(iter(figures.values()))["memory"]
    rows = [
        [part, *(f"{size / 1e6:,.0f}" for c in figures.values() for size in c["memory"][part])]
        for part in parts
    ]
    heads = [
        "memory, MB",
        *(f"{name}{which}" for name in figures for which in (", peak", ", at the end")),
    ]
    return table(heads, rows)
