"""The house: data flows one way, importing it is fast, and what is public is told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import regulars

ROOT = Path(__file__).parent.parent
SOURCE = Path(regulars.__file__).parent
CORE = ("analyses", "metrics", "segments", "star")


def test_imports_keep_to_the_layers():
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr


def modules_after(code):
    command = f"import json, sys; {code}; print(json.dumps(sorted(sys.modules)))"
    found = subprocess.check_output([sys.executable, "-c", command], timeout=60)
    return set(json.loads(found))


def test_importing_regulars_loads_nothing_heavy():
    heavy = {"ibis", "pandas", "duckdb", "pyarrow", "numpy"}
    assert modules_after("import regulars") & heavy == set()


def test_every_public_name_can_be_had():
    for name in regulars.__all__:
        assert getattr(regulars, name) is not None


def test_what_is_public_is_told_and_sorted_as_ruff_sorts():
    assert sorted(regulars.__all__) == dir(regulars)
    # Constants first, then classes, then functions: the order that ruff keeps.
    assert regulars.__all__ == sorted(regulars.__all__, key=lambda name: (
        not name.isupper(), name[0].islower(), name
    ))  # fmt: skip


def test_a_name_that_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'bulid'"):
        regulars.bulid  # noqa: B018


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_is_no_longer_than_300_lines_and_says_what_it_is_for(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 300
    assert not text or text.lstrip("r").startswith('"""')


@pytest.mark.parametrize("part", CORE)
def test_the_core_neither_fetches_nor_reads_the_clock_nor_divides(part):
    for path in (SOURCE / part).rglob("*.py"):
        code = path.read_text("utf-8")
        for banned in (".execute(", ".to_pandas(", "datetime.now", "date.today", "open("):
            assert banned not in code, f"{path.name} has {banned}"
        lines = [line.split("#")[0] for line in code.splitlines()]
        divides = [line for line in lines if " / " in line and '"' not in line]
        assert [line for line in divides if "files(" not in line] == []
