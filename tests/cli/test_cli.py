"""The command line, run in a separate process."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from regulars.analyses.catalog import ANALYSES
from regulars.cli.commands.show import show
from support.terminal import lines_of, regulars, regulars_process

HEADING = "Order ID,Order Date,Customer ID,Product,Quantity,Unit Price,Country\n"
SALES = HEADING + (
    "A1,2024-01-05 10:00:00,ann,Tea,2,2.50,Wales\n"
    "A2,2024-01-20 11:00:00,bob,Cake,1,4.00,Kent\n"
    "A3,2024-02-03 12:00:00,ann,=1+1,1,3.25,Wales\n"
    "A4,2024-02-29 12:00:00,,Tea,1,2.50,Kent\n"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "sales.csv").write_text(SALES)
    built = regulars("build", "sales.csv", cwd=folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.parametrize(
    "command", ["demo", "build", "check", "analyses", "show", "report"], ids=str
)
def test_every_help_text_has_examples(command: str, tmp_path: Path) -> None:
    done = regulars(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"regulars {command}" in done.stdout.partition("Examples:")[2]


def test_help_imports_neither_ibis_nor_duckdb(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom regulars.cli.main import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        "print([name for name in ('ibis', 'duckdb', 'pandas', 'rich') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_build_prints_its_reconciliation(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES + "A5,soon,ann,Tea,1,2.50,Kent\n")
    lines = lines_of(regulars_process("build", "sales.csv", cwd=tmp_path))
    assert "Read 5 17.25" in lines
    assert "accepted: sale 4 14.75" in lines
    assert "quarantined 1 2.50" in lines
    assert "Difference 0 0.00" in lines
    assert "1 The order date is missing or is not a date." in lines
    assert any("customer_id = Customer ID" in line for line in lines)


def test_an_export_of_no_quarantined_rows_writes_no_file(shop: Path) -> None:
    done = regulars("quarantine", "-o", "rows.xlsx", cwd=shop)
    assert (done.returncode, done.stdout) == (0, "No rows need fixing.\n")
    assert not (shop / "rows.xlsx").exists()


def test_check_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES)
    done = regulars("check", "sales.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "accepted: sale" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]


def test_results_go_to_stdout_and_nothing_to_stderr(shop: Path) -> None:
    done = regulars("show", "kpis", "--format", "csv", cwd=shop)
    [row] = csv.DictReader(done.stdout.splitlines())
    assert (row["net_sales"], row["orders"], row["customers"]) == ("14.7500", "4", "2")
    assert done.stderr == ""


def test_every_format_has_the_same_rows(shop: Path) -> None:
    def rows_of(format_: str) -> list[tuple[str, float]]:
        file = shop / f"answer.{format_}"
        done = regulars("show", "sales_by", "--by", "location", "-o", file.name, cwd=shop)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith(f"to {file.name}\n")
        if format_ == "csv":
            rows = list(csv.DictReader(file.read_text().splitlines()))
        elif format_ == "json":
            rows = json.loads(file.read_text())
        elif format_ == "parquet":
            import pyarrow.parquet as pq

            rows = pq.read_table(file).to_pylist()
        else:
            [heading, *cells] = openpyxl.load_workbook(file).active.values
            rows = [dict(zip(heading, row, strict=True)) for row in cells]
        return [(row["location"], float(row["net_sales"])) for row in rows]

    for format_ in ("csv", "json", "parquet", "xlsx"):
        assert rows_of(format_) == [("Wales", 8.25), ("Kent", 6.5)]


def test_a_product_named_like_a_formula_becomes_harmless_text(shop: Path) -> None:
    regulars("show", "sales_by", "--by", "product", "-o", "products.xlsx", cwd=shop)
    sheet = openpyxl.load_workbook(shop / "products.xlsx").active
    cells = {cell.value: cell.data_type for row in sheet.rows for cell in row}
    assert cells["'=1+1"] == "s"
    command = ("show", "sales_by", "--by", "product", "--format")
    rows = list(csv.DictReader(regulars(*command, "csv", cwd=shop).stdout.splitlines()))
    assert "'=1+1" in {row["product_name"] for row in rows}
    rows = json.loads(regulars(*command, "json", cwd=shop).stdout)
    assert "=1+1" in {row["product_name"] for row in rows}


def test_filters_restrict_the_result(shop: Path) -> None:
    filters = ("--since", "2024-02-01", "--where", "location=Wales", "--format", "json")
    done = regulars("show", "kpis", *filters, cwd=shop)
    [row] = json.loads(done.stdout)
    assert (row["net_sales"], row["orders"]) == (3.25, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show", "rfmm"), 2, 'Did you mean "rfm"?'),
        (("show", "sales_by", "--by", "colour"), 2, "Choices: category"),
        (("show", "kpis", "--by", "month"), 2, "has no option"),
        (("show", "sales_change", "--against", "soon"), 2, "Use year, before"),
        (("show", "kpis", "--where", "planet=Mars"), 2, "You cannot filter by"),
        (("show", "kpis", "--where", "Mars"), 2, "COLUMN=VALUE"),
        (("show", "kpis", "--since", "soon"), 2, "2011-12-31"),
        (("show", "kpis", "--since", "2024-03-01", "--until", "2024-01-01"), 2, "begins on"),
        (("show", "kpis", "--format", "xlsx"), 2, "-o FILE.xlsx"),
        (("show", "kpis", "-o", "nowhere/kpis.csv"), 2, "no folder"),
        (("show", "kpis", "-w", "none.duckdb"), 5, "regulars build"),
        (("show", "kpis", "-w", "sales.csv"), 5, "is not a DuckDB file"),
        (("build", "salez.csv"), 3, 'Did you mean "sales.csv"?'),
        (("build", "sales.csv", "--profile", "online"), 4, "There is no profile"),
        (("build", "sales.csv", "--conventions", "lgz"), 4, 'Did you mean "lgs"?'),
        (("build", "sales.csv", "-w", "nowhere/w.duckdb"), 5, "There is no folder"),
        (("show",), 2, "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_an_error_prints_one_message_and_sets_the_exit_code(
    arguments: tuple[str, ...], code: int, message: str, shop: Path
) -> None:
    done = regulars(*arguments, cwd=shop)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_failed_build_leaves_the_warehouse_unchanged(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES)
    (tmp_path / "bad.csv").write_text("one,two\n1,2\n")
    regulars("build", "sales.csv", cwd=tmp_path)
    before = (tmp_path / "regulars.duckdb").read_bytes()
    assert regulars_process("build", "bad.csv", cwd=tmp_path).returncode == 3
    assert (tmp_path / "regulars.duckdb").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"sales.csv", "bad.csv", "regulars.duckdb"}


@pytest.mark.parametrize(
    "stop_signal",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="kill", marks=pytest.mark.thorough),
    ],
)
def test_an_interrupted_build_leaves_the_warehouse_unchanged(
    tmp_path: Path, stop_signal: signal.Signals
) -> None:
    rows = "".join(f"B{n},2024-01-05 10:00:00,c{n % 99},Tea,2,2.50,Wales\n" for n in range(400_000))
    (tmp_path / "sales.csv").write_text(SALES)
    (tmp_path / "many.csv").write_text(HEADING + rows)
    regulars("build", "sales.csv", cwd=tmp_path)
    before = (tmp_path / "regulars.duckdb").read_bytes()
    build = subprocess.Popen(
        [sys.executable, "-m", "regulars", "build", "many.csv"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert build.stderr is not None
    assert "Reading many.csv" in build.stderr.readline()
    build.send_signal(stop_signal)
    _, errors = build.communicate(timeout=60)
    assert build.returncode == 130, errors
    assert "Interrupted" in errors
    assert (tmp_path / "regulars.duckdb").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {
        "sales.csv",
        "many.csv",
        "regulars.duckdb",
    }


def test_an_interrupted_check_leaves_no_scratch_files(tmp_path: Path) -> None:
    rows = "".join(f"B{n},2024-01-05 10:00:00,c{n % 99},Tea,2,2.50,Wales\n" for n in range(400_000))
    (tmp_path / "many.csv").write_text(HEADING + rows)
    (tmp_path / "scratch").mkdir()
    check = subprocess.Popen(
        [sys.executable, "-m", "regulars", "check", "many.csv"],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path / "scratch")},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert check.stderr is not None
    assert "Reading many.csv" in check.stderr.readline()
    check.send_signal(signal.SIGTERM)
    check.communicate(timeout=60)
    assert check.returncode == 130
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_catalog_lists_every_analysis(tmp_path: Path) -> None:
    catalog = regulars("analyses", cwd=tmp_path).stdout
    assert [name for name in ANALYSES if name in catalog] == list(ANALYSES)


def test_the_reader_can_close_the_pipe_early(shop: Path) -> None:
    command = f"{sys.executable} -m regulars show rfm --format csv | head -n 1"
    done = subprocess.run(
        command, shell=True, cwd=shop, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("customer_id,recency")
    assert "Traceback" not in done.stderr


def test_every_option_of_an_analysis_is_an_option_of_show() -> None:
    options = {option for analysis in ANALYSES.values() for option in analysis.options}
    assert options <= {parameter.name for parameter in show.params}


def test_sales_change_compares_any_two_periods(shop: Path) -> None:
    days = ("--since", "2024-02-01", "--until", "2024-02-29", "--against", "2024-01-10/2024-01-31")
    done = regulars("show", "sales_change", "--by", "location", *days, "--format", "csv", cwd=shop)
    rows = csv.DictReader(done.stdout.splitlines())
    # February: 3.25 in Wales, 2.50 in Kent. From 10 January: 4.00 in Kent.
    assert [(row["location"], float(row["net_sales"]), float(row["change"])) for row in rows] == [
        ("Wales", 3.25, 3.25), ("Kent", 2.5, -1.5),
    ]  # fmt: skip
