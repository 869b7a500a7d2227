"""The docs agree with the product: definitions, modules and links."""

import re
from pathlib import Path

import pytest

from regulars.analyses.catalog import ANALYSES, METRICS
from regulars.analyses.segments.segment_map import segment_map
from regulars.core.schema import KINDS, LEDGER

ROOT = Path(__file__).parents[1]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
MODULE = re.compile(r"`((?:src/regulars|tests|tools|benchmarks|docs|deploy)/[\w/.-]+)`")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")


def defined_under(heading: str) -> dict[str, str]:
    """Return the words of a section of the glossary with their meanings."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, re.MULTILINE))


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


def test_glossary_defines_every_line_kind_and_segment() -> None:
    assert list(defined_under("Line kinds")) == list(KINDS)
    segments = {segment.name for segment in segment_map()}
    assert set(defined_under("RFM segments")) == segments


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.stem)
def test_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = [ROOT / name for name in MODULE.findall(text)]
    linked = [page.parent / name for name in LINK.findall(text)]
    missing = [str(path) for path in (*named, *linked) if not path.exists()]
    assert missing == []
