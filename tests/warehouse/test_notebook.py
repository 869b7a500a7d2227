"""A warehouse in a notebook: in a real Jupyter kernel, which has no ipywidgets."""

import json
from collections.abc import Callable, Iterator

import pytest
from jupyter_client.manager import start_new_kernel

from support.warehouses import BuiltWarehouse

pytestmark = pytest.mark.slow

RunCell = Callable[[str], str]
SECONDS_TO_ANSWER = 120


@pytest.fixture(scope="module")
def run_cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunCell]:
    """Run a cell in a kernel; return what it printed, or fail with its traceback."""
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("notebook")))

    def run(code: str) -> str:
        printed: list[str] = []

        def note(message: dict[str, dict[str, str]]) -> None:
            printed.append(message["content"].get("text", ""))

        reply = client.execute_interactive(code, timeout=SECONDS_TO_ANSWER, output_hook=note)
        content = reply["content"]
        assert content["status"] == "ok", "\n".join(content["traceback"])
        return "".join(printed)

    try:
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_first_cells_of_a_notebook_open_a_warehouse_and_chart_its_sales(
    run_cell: RunCell, shop: BuiltWarehouse
) -> None:
    run_cell(f"""
        import regulars as rg
        shop = rg.open_warehouse({str(shop.warehouse.engine)!r})
        months = shop.to_pandas(shop.ask("monthly_sales"))
    """)
    charted = json.loads(
        run_cell("""
        import altair as alt
        chart = alt.Chart(months).mark_bar().encode(x="month", y="net_sales").to_dict()
        [values] = chart["datasets"].values()
        import json
        axes = {axis: channel["type"] for axis, channel in chart["encoding"].items()}
        print(json.dumps([axes, sum(row["net_sales"] for row in values)]))
        """)
    )
    [total] = shop.warehouse.answers(("net_sales",))
    assert charted == [
        {"x": "temporal", "y": "quantitative"}, pytest.approx(float(total["net_sales"]))
    ]  # fmt: skip


def test_duckdb_still_refuses_to_set_its_progress_bar_without_ipywidgets(
    run_cell: RunCell,
) -> None:
    """If this fails, `connect` of the DuckDB engine can set it without asking."""
    assert "progress bar" in run_cell("""
        import duckdb
        try:
            duckdb.connect().execute("SET enable_progress_bar = false")
        except duckdb.InvalidInputException as error:
            print(error)
    """)
