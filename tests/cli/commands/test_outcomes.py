"""The outcomes that `--json` prints for schedulers."""

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.cli.main import main
from regulars.engines.locking import locked

HEADER = "order_id,order_date,customer_id,product,quantity,price\n"
KEYS = [
    "operation", "status", "warehouse", "load", "sources", "orders", "rows", "amounts", "reasons",
    "warnings", "error",
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command with --json; return its exit code and its outcome."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = 0
        try:
            main([*arguments, "--json"])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        outcome = json.loads(capsys.readouterr().out)
        assert list(outcome) == KEYS
        return code, outcome

    return run


def test_each_command_reports_what_it_changed_in_one_shape(run: Any, tmp_path: Path) -> None:
    (tmp_path / "monday.csv").write_text(
        HEADER + "1,2025-01-06,ann,Tea,2,3.50\n2,2025-01-06,bob,Cup,1,7.25\n3,soon,bob,Cup,1,1\n"
    )
    (tmp_path / "tuesday.csv").write_text(
        HEADER + "2,2025-01-06,bob,Cup,1,6.25\n4,2025-01-07,bob,Tea,1,3.50\n"
    )
    code, checked = run("check", "monday.csv")
    assert (code, checked["status"], checked["warehouse"], checked["load"]) == (
        0, "checked", None, None
    )  # fmt: skip
    code, built = run("build", "monday.csv")
    assert (code, built["status"], built["load"]) == (0, "changed", 1)
    assert built["rows"] == checked["rows"] == {
        "read": 3, "accepted": 2, "quarantined": 1, "superseded": 0, "unchanged": 0
    }  # fmt: skip
    assert built["amounts"]["accepted"] == 14.25
    assert sum(built["reasons"].values()) == 1
    code, loaded = run("load", "tuesday.csv")
    assert (code, loaded["status"], loaded["load"]) == (0, "changed", 2)
    assert loaded["orders"] == {"new": 1, "changed": 1, "unchanged": 0, "removed": 0}
    assert loaded["sources"] == [{
        "name": "tuesday.csv", "rows": 2, "profile": loaded["sources"][0]["profile"],
        "duplicate_of": None,
    }]  # fmt: skip
    code, again = run("load", "tuesday.csv")
    assert (code, again["status"]) == (0, "unchanged")
    assert again["sources"][0]["duplicate_of"] == "tuesday.csv (load 2)"
    code, undone = run("undo", "2")
    assert (code, undone["operation"], undone["status"]) == (0, "undo", "changed")


def test_a_failure_has_the_same_shape_and_says_whether_to_try_again(
    run: Any, tmp_path: Path
) -> None:
    (tmp_path / "sales.csv").write_text(HEADER + "1,2025-01-06,ann,Tea,2,3.50\n")
    run("build", "sales.csv")
    code, missing = run("load", "no-such-file.csv")
    assert (code, missing["status"], missing["error"]["exit_code"]) == (3, "failed", 3)
    assert missing["error"]["is_temporary"] is False
    with locked(tmp_path / "regulars.duckdb"):
        code, busy = run("load", "sales.csv")
    assert (code, busy["error"]["type"]) == (5, "LockedWarehouseError")
    assert busy["error"]["is_temporary"] is True
    code, refused = run("sync", "postgresql://ann@127.0.0.1:1/shop")
    assert (code, refused["error"]["type"]) == (3, "UnreachableShopError")
    assert refused["error"]["is_temporary"] is True
    code, refused = run("load", "sales.csv", "-w", "postgresql://ann@127.0.0.1:1/shop")
    assert (code, refused["error"]["type"]) == (5, "UnreachableWarehouseError")
