"""The docs agree with the product: definitions, modules and links."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import regulars.loads
from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.analyses.segments.segment_map import Segment, Span, segment_map
from regulars.core.kinds import KINDS
from regulars.core.schema import LEDGER, LEDGER_COLUMNS
from regulars.lists.export_formats.export_format import FIELDS
from regulars.lists.selection import COLUMNS

ROOT = Path(__file__).parents[1]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
MODULE = re.compile(r"`((?:src/regulars|tests|tools|benchmarks|docs|deploy)/[\w/.-]+)`")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")


def rows_under(heading: str) -> dict[str, list[str]]:
    """Return the words of a section of the glossary, each with the other cells of its row."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE)
    return {word: cells.split(" | ") for word, cells in rows}


def defined_under(heading: str) -> dict[str, str]:
    """Return the words of a section of the glossary with their meanings."""
    return {word: meaning for word, [meaning, *_] in rows_under(heading).items()}


def scores_of(segment: Segment) -> str:
    return "; ".join(f"R {_range(r)}, F {_range(f)}" for r, f in segment.rules)


def _range(span: Span) -> str:
    low, high = span
    return str(low) if low == high else f"{low} to {high}"


def test_glossary_defines_each_metric_as_the_catalog_does() -> None:
    described = {name: metric.description for name, metric in METRICS.items()}
    assert defined_under("Metrics") == described


def test_glossary_defines_each_analysis_as_the_catalog_does() -> None:
    first = {name: one.description.partition("\n\n")[0] for name, one in ANALYSES.items()}
    assert defined_under("Analyses") == {
        name: " ".join(text.split()) for name, text in first.items()
    }


def test_glossary_defines_each_table_as_the_schema_does() -> None:
    described = {name: f"{meaning}." for name, meaning in LEDGER.items()}
    assert defined_under("Tables of lines, loads and lists") == described


def test_glossary_defines_every_line_kind() -> None:
    assert list(defined_under("Line kinds")) == list(KINDS)


def test_glossary_defines_each_segment_as_the_map_does() -> None:
    assert rows_under("RFM segments") == {
        segment.name: [f"{segment.reason}.", scores_of(segment)] for segment in segment_map()
    }


def test_the_overview_of_loads_names_each_of_its_modules() -> None:
    modules = {path.stem for path in (ROOT / "src" / "regulars" / "loads").glob("[!_]*.py")}
    named = re.findall(r"^ {4}(\w+) {2,}", regulars.loads.__doc__ or "", re.MULTILINE)
    assert sorted(named) == sorted(modules)


@pytest.mark.parametrize(
    ("beginning", "names"),
    [("For each customer a list has ", COLUMNS), ("A column can be ", FIELDS)],
)
def test_lists_page_names_each_column_of_a_list_and_of_an_export(
    beginning: str, names: Iterable[str]
) -> None:
    text = (ROOT / "docs" / "lists.md").read_text("utf-8")
    sentence = text.partition(f"\n{beginning}")[2].partition(". ")[0]
    assert sorted(re.findall(r"`(\w+)`", sentence)) == sorted(names)


def test_the_columns_of_a_list_are_stored() -> None:
    assert sorted(LEDGER_COLUMNS["list_members"]) == sorted(["list_id", "role", *COLUMNS])


def test_the_places_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`([\w./-]+/[\w./-]*)`", text)
    roots = (ROOT, ROOT / "src" / "regulars")
    assert named
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = [ROOT / name for name in MODULE.findall(text)]
    linked = [page.parent / name for name in LINK.findall(text)]
    missing = [str(path) for path in (*named, *linked) if not path.exists()]
    assert missing == []
