"""Data flows one way, imports are fast, and the public names are listed."""

import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import grimp
import pytest

import regulars
from support.present import present

ROOT = Path(__file__).parent.parent
SOURCE = Path(regulars.__file__).parent
PURE = ("analyses", "transform/star")
IMPURE = re.compile(r"\.execute\(|\.to_pandas\(|datetime\.now|date\.today|(?<!\w)open\(")


def test_imports_follow_the_layers() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Lazy imports and imports for type checkers count."""
    graph = grimp.build_graph("regulars", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(list(TopologicalSorter(imports).static_order())) == len(graph.modules)


def test_every_module_lives_in_a_package() -> None:
    assert {path.name for path in SOURCE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_tests_mirror_the_packages() -> None:
    packages = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert folders - {"cases", "support", "__pycache__"} <= packages


def test_the_picture_of_the_packages_is_up_to_date() -> None:
    tool = module_of(ROOT / "tools" / "draw_architecture.py")
    drawn = (ROOT / "docs" / "architecture.svg").read_text("utf-8")
    assert tool.drawing() == drawn, "run: python tools/draw_architecture.py"


def module_of(path: Path) -> ModuleType:
    spec = present(spec_from_file_location(path.stem, path))
    module = module_from_spec(spec)
    present(spec.loader).exec_module(module)
    return module


def modules_after(code: str) -> set[str]:
    command = f"import json, sys; {code}; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.check_output([sys.executable, "-c", command], timeout=60)))


def test_importing_regulars_loads_nothing_heavy() -> None:
    heavy = {"ibis", "pandas", "duckdb", "pyarrow", "numpy"}
    assert modules_after("import regulars") & heavy == set()


def test_every_public_name_can_be_imported() -> None:
    for name in regulars.__all__:
        assert getattr(regulars, name) is not None


def test_public_names_are_listed_and_sorted() -> None:
    assert sorted(regulars.__all__) == dir(regulars)
    # Constants first, then classes, then functions: the order of ruff.
    assert regulars.__all__ == sorted(regulars.__all__, key=lambda name: (
        not name.isupper(), name[0].islower(), name
    ))  # fmt: skip


def test_an_unknown_name_raises_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'bulid'"):
        regulars.bulid  # noqa: B018


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_has_a_docstring_and_at_most_330_lines(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 330
    assert not text or text.lstrip("r").startswith('"""')


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_run_no_queries_read_no_clock_and_do_not_divide(package: str) -> None:
    paths = list((SOURCE / package).rglob("*.py"))
    assert paths
    for path in paths:
        code = path.read_text("utf-8")
        impure = IMPURE.search(code)
        assert not impure, f"{path.name} has {impure[0]}"
        lines = [line.split("#")[0] for line in code.splitlines()]
        divides = [line for line in lines if " / " in line and '"' not in line]
        assert [line for line in divides if "files(" not in line] == []
