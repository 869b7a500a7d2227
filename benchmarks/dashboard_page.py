"""What was measured of the dashboard -> one Markdown page."""

import os
import platform
from importlib.metadata import version
from statistics import median, quantiles
from typing import Any

from report import table

PACKAGES = ("regulars", "streamlit", "ibis-framework", "duckdb", "playwright")
NAMES = {"postgresql": "PostgreSQL", "duckdb": "DuckDB"}

ROWS = {
    "start: answers": "server: command to first answer",
    "cold: painted": "cold, first paint",
    "cold: heading": "cold, heading",
    "cold: figures": "cold, headline figures",
    "cold: drawn": "cold, all drawn",
    "warm: painted": "warm, first paint",
    "warm: heading": "warm, heading",
    "warm: figures": "warm, headline figures",
    "warm: drawn": "warm, all drawn",
    "new: place": "place chosen, new",
    "known: place": "place chosen, known",
    "new: period": "period chosen, new",
    "known: period": "period chosen, known",
    "among ten: painted": "among ten, first paint",
    "among ten: heading": "among ten, heading",
    "among ten: figures": "among ten, headline figures",
    "among ten: drawn": "among ten, all drawn",
    "among ten: place": "among ten, place chosen, new",
    "among ten: period": "among ten, period chosen, new",
    "one: open": "one by WebSocket, page",
    "one: new": "one by WebSocket, new",
    "one: known": "one by WebSocket, known",
    "ten: open": "ten by WebSocket, page at once",
    "ten: new": "ten by WebSocket, new",
    "ten: known": "ten by WebSocket, known",
    "ten alike: open": "ten alike, page at once",
    "ten alike: new": "ten alike, the same new views",
}
MEANING = """\
- **Regulars** is `regulars dashboard` on the page Today. **Empty page** is the same server, gate
  and all, around a page with a heading, one choice and a line that repeats it; **plain Streamlit**
  is `streamlit run` of that page. What they take, Regulars cannot do without.
- **Cold**: a browser that has never been there comes as soon as a new server answers; nothing is
  known, and the server is at work on its first views. **Warm**: the same, once those are known.
- **First paint** is the browser's own first contentful paint. **Heading**, **headline figures**:
  when they stand on the page. **All drawn**: when nothing is worked out any more and nothing has
  changed for 0.3 s since; the time is that of the last change.
- **Place chosen**, **period chosen**: from letting go of the mouse on the value until all is drawn,
  with other headline figures. **New** is a view nobody has asked for, **known** one somebody has.
  On the empty page it is the same choice each time.
- **One by WebSocket**, **ten by WebSocket**: sessions without a browser, for ten browsers would
  take the processor from the server. Measured from sending a choice to the message that the page is
  finished. Ten open the page at the same moment, then think 1 to 5 s before each choice; each has
  views of their own. **Ten alike** go through the same views. One sees the views of all ten, one
  after the other.
- **Among ten**: a real browser, while nine by WebSocket choose. Browser, nine and server share the
  cores.
- Times in a browser are exact to a frame, 17 ms. Every view was checked to show other figures than
  the one before, and the same figures to everybody and each time.
- **Memory** is that of the server's processes: the most they ever held, and what they held at the
  end of the part, each of which has a new server. On PostgreSQL, the database's own is not in it.
"""


def page(kept: dict[str, Any]) -> str:
    """Return the page, with a section for each engine and size."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        "# The dashboard\n\n"
        f"Python {platform.python_version()}, {versions}. {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; browser and users on the "
        "same machine as the server. Written by `python benchmarks/dashboard.py`.",
        MEANING.rstrip(),
    ]
    for key, measured in kept.items():
        found = measured["found"]
        title = f"## {measured['lines']:,} lines, {NAMES[key.split()[0]]}"
        parts += [f"{title}\n\nMeasured on {measured['on']}.", _times(found), _memory(found)]
    return "\n\n".join(parts) + "\n"


def _times(found: dict[str, Any]) -> str:
    rows = []
    for key, words in ROWS.items():
        times = [one["seconds"][key] for one in found.values()]
        cells = [f"{figure(one):.2f}" for one in times for figure in (median, _p95)]
        rows.append([words, str(len(times[0])), *cells])
    heads = [
        "seconds",
        "n",
        *(f"{name}{which}" for name in found for which in (", median", ", p95")),
    ]
    return table(heads, rows)


def _p95(times: list[float]) -> float:
    """Return the 95th percentile, between the two times it lies between."""
    return times[0] if len(times) == 1 else quantiles(times, n=20, method="inclusive")[-1]


def _memory(found: dict[str, Any]) -> str:
    parts = next(iter(found.values()))["memory"]
    rows = [
        [part, *(f"{held / 1e6:,.0f}" for one in found.values() for held in one["memory"][part])]
        for part in parts
    ]
    heads = [
        "memory, MB",
        *(f"{name}{which}" for name in found for which in (", most", ", at the end")),
    ]
    return table(heads, rows)
