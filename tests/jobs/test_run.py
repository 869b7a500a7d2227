"""Nightly pipelines, with real files, warehouses, locks and a webhook."""

import json
import re
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import pytest

from regulars.cli.main import main
from regulars.core.errors import (
    ExpectationError,
    LockedWarehouseError,
    NoFileError,
    ProfileError,
    UnreachableShopError,
)
from regulars.engines.locking import locked
from regulars.engines.protocols import ReaderTables
from regulars.insights.scope import Scope
from regulars.insights.sections.job_runs import job_runs
from regulars.jobs.pipeline import DigestStep, FilesStep, ListStep, ReportStep, load_pipeline
from regulars.jobs.run import RunOutcome, run_pipeline
from regulars.lists.api import Selection, create_list
from regulars.warehouse.job_runs import JobRun, read_job_runs
from regulars.warehouse.warehouse import open_warehouse
from support.loaded_warehouse import LoadedWarehouse, line
from support.synced_warehouse import ShopDatabase
from support.webhook_receiver import WebhookReceiver

SIXTH = date(2024, 1, 6)
NOW = datetime(2024, 1, 7, 2, 0)
DOCS = Path(__file__).parents[2] / "docs" / "nightly-loads.md"


def write_pipeline(shop: LoadedWarehouse, more: str = "") -> Path:
    path = shop.folder / "nightly.toml"
    path.write_text(
        f'warehouse = "{shop.location}"\nnotify = ["REGULARS_WEBHOOK"]\n'
        'retries = 1\nwait_seconds = 0.01\n[files]\npattern = "{date:%Y%m%d}.csv"\n' + more
    )
    return path


def statuses(outcome: RunOutcome) -> list[tuple[str, str, int]]:
    return [(step.step, step.status, step.attempts) for step in outcome.steps]


def log_of(shop: LoadedWarehouse) -> list[JobRun]:
    with shop.open() as warehouse:
        return read_job_runs(ReaderTables(warehouse.reader))


def test_a_night_waits_for_its_file_loads_it_once_and_tells_of_a_fault_once(
    shop: LoadedWarehouse, webhook: WebhookReceiver
) -> None:
    path = write_pipeline(shop)
    missing = run_pipeline(path, now=NOW)
    assert isinstance(missing.error, NoFileError)
    assert statuses(missing) == [("files", "failed", 1)]
    run_pipeline(path, now=NOW)
    [message] = [message["text"] for message in webhook.messages]
    assert "nightly failed at files for 2024-01-06" in message
    assert "No file matches 20240106.csv" in message

    shop.file("20240106.csv", [line("B", day="2024-01-06"), line("C", day="2024-01-06")])
    assert statuses(run_pipeline(path, now=NOW)) == [("files", "done", 1)]
    [load] = [row for row in shop.rows("loads") if row["operation"] == "load"]
    assert (load["as_of"], load["orders_new"]) == (SIXTH, 2)
    assert run_pipeline(path, now=NOW).status == "skipped"
    assert len(shop.rows("loads")) == 2

    assert [(run.night, run.failed_step is None) for run in log_of(shop)] == [
        (SIXTH, False), (SIXTH, False), (SIXTH, True)
    ]  # fmt: skip
    with open_warehouse(shop.location) as warehouse:
        section = job_runs(Scope(warehouse))
    assert section is not None
    assert section.finding == "The last run, nightly for 6 January 2024, is done"
    [row, *others] = section.parts[0].rows  # type: ignore[union-attr]
    assert [cell.text for cell in row][-2:] == [
        "Done", "files: 2 new and 0 changed orders. Load 2."
    ]  # fmt: skip
    assert [other[-1].text for other in others] == [
        "files: The file of the night has not arrived."
    ] * 2


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_refused_night_changes_nothing_and_continues_where_it_stopped(
    shop: LoadedWarehouse, webhook: WebhookReceiver
) -> None:
    path = write_pipeline(shop, '[report]\nfile = "out/report.html"\n')
    bad = [line("B", day="2024-01-06"), line("C", quantity="two", day="2024-01-06")]
    shop.file("20240106.csv", bad)
    before = shop.contents()
    refused = run_pipeline(path, now=NOW)
    assert isinstance(refused.error, ExpectationError)
    assert refused.error.exit_code == 7
    assert shop.contents() == before

    shop.file("20240106.csv", [line("B", day="2024-01-06")])
    halfway = run_pipeline(path, now=NOW)
    assert statuses(halfway) == [("files", "done", 1), ("report", "failed", 1)]
    assert len(webhook.messages) == 2
    (shop.folder / "out").mkdir()
    assert statuses(run_pipeline(path, now=NOW)) == [("report", "done", 1)]
    assert "</html>" in (shop.folder / "out" / "report.html").read_text("utf-8")
    assert len(shop.rows("loads")) == 2

    runs = log_of(shop)
    shop.build(shop.folder / "all.csv")
    assert log_of(shop) == runs


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.usefixtures("webhook")
def test_a_step_is_tried_again_while_another_load_is_running(shop: LoadedWarehouse) -> None:
    path = write_pipeline(shop)
    shop.file("20240106.csv", [line("B", day="2024-01-06")])
    with ExitStack() as other_load:
        other_load.enter_context(locked(Path(shop.location)))
        waits: list[str] = []

        def progress(message: str) -> None:
            if "Trying again in 0.01 seconds" in message:
                waits.append(message)
                other_load.close()

        outcome = run_pipeline(path, now=NOW, progress=progress)
    assert len(waits) == 1
    assert statuses(outcome) == [("files", "done", 2)]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_night_sends_an_alert_once_and_exports_lists(
    shop: LoadedWarehouse, webhook: WebhookReceiver
) -> None:
    create_list("spring", Selection(), warehouse=shop.location)
    (shop.folder / "regulars-digest.toml").write_text(
        '[[recipients]]\nto = "REGULARS_WEBHOOK"\nrole = "viewer"\n'
    )
    steps = '[digest]\n[[lists]]\nname = "spring"\nfile = "spring.csv"\n'
    path = write_pipeline(shop, steps)
    shop.file("20240106.csv", [line("B", day="2024-01-06")])
    weeks_later = datetime(2024, 2, 1, 2, 0)
    done = run_pipeline(path, night=SIXTH, now=weeks_later)
    assert [step.message for step in done.steps[1:]] == [
        "Sent 1 message.", "Wrote 1 customer to spring.csv."
    ]  # fmt: skip
    assert "Ann" in (shop.folder / "spring.csv").read_text("utf-8")
    again = run_pipeline(path, night=SIXTH, now=weeks_later, again=True)
    assert [step.message for step in again.steps[:2]] == [
        "0 new and 0 changed orders.", "Sent 0 messages."
    ]  # fmt: skip
    [message] = webhook.messages
    assert "No orders since" in json.dumps(message)


@pytest.mark.usefixtures("webhook")
def test_a_night_of_a_live_shop_builds_the_warehouse_then_loads_what_changed(
    shops: Callable[[], ShopDatabase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address, connection = shops()
    connection.execute(
        "CREATE TABLE sales (order_id int, ordered_at date, customer_id int, product_name text, "
        "quantity int, unit_price numeric(9, 2))"
    )
    add = "INSERT INTO sales VALUES (%s, '2024-01-05', 1, 'Tea', 1, 2.50)"
    connection.execute(add, (1,))
    connection.commit()
    path = tmp_path / "nightly.toml"
    path.write_text(f'strict = false\n[sync]\nshop = "{address}"\n')
    fifth, sixth = (datetime(2024, 1, day, 2) for day in (6, 7))
    first = run_pipeline(path, now=fifth)
    assert [step.message for step in first.steps] == ["Built the warehouse, with 1 line."]
    connection.execute(add, (2,))
    connection.commit()
    assert [step.load_id for step in run_pipeline(path, now=sixth).steps] == [2]
    nothing = run_pipeline(path, now=sixth, again=True)
    assert [step.message for step in nothing.steps] == ["Nothing has changed in the shop."]

    path.write_text(
        'retries = 1\nwait_seconds = 0.01\nnotify = ["REGULARS_WEBHOOK"]\n'
        '[sync]\nshop = "postgresql://ann@127.0.0.1:1/shop"\n'
    )
    unreachable = run_pipeline(path, night=SIXTH, again=True)
    assert isinstance(unreachable.error, UnreachableShopError)
    assert statuses(unreachable) == [("sync", "failed", 2)]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.usefixtures("webhook")
def test_the_command_has_the_exit_code_of_the_step_and_refuses_a_second_run(
    shop: LoadedWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_pipeline(shop)
    with pytest.raises(SystemExit) as stopped:
        main(["run", "nightly.toml", "--date", "2024-01-06", "--json"])
    printed = capsys.readouterr()
    outcome = json.loads(printed.out)
    assert stopped.value.code == 3
    assert (outcome["status"], outcome["night"]) == ("failed", "2024-01-06")
    assert outcome["steps"][0]["message"] == "The file of the night has not arrived."
    assert "No file matches 20240106.csv" in printed.err
    with locked(path), pytest.raises(LockedWarehouseError, match=r"Another run of .*nightly\.toml"):
        run_pipeline(path, now=NOW)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_schedule_runs_the_pipeline_with_cron_or_systemd(
    shop: LoadedWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pipeline(shop)
    main(["schedule", "nightly.toml", "--at", "daily 03:30"])
    printed = capsys.readouterr().out
    assert re.search(r"^30 3 \* \* \*  cd \S+ && \S+ -m regulars run nightly.toml$", printed, re.M)
    assert "OnCalendar=*-*-* 03:30" in printed
    assert "systemctl enable --now regulars-nightly.timer" in printed


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("", "has no step. Add [files] or [sync]"),
        ("[files]\n", "[files]: set pattern"),
        ('[files]\npattern = "{day}.csv"\n', "may only have {date} in braces"),
        ('[file]\npattern = "a.csv"\n', 'unknown setting "file". Did you mean "files"?'),
        ('night = "monday"\n[report]\n', 'must be "yesterday" or "today"'),
        ('notify = ["ann"]\n[report]\n', '"ann" is neither an email address'),
        ('[[lists]]\nname = "spring"\n', "[[lists]]: set file"),
    ],
)
def test_a_pipeline_that_is_not_valid_says_what_to_fix(
    toml: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "nightly.toml").write_text(toml)
    with pytest.raises(ProfileError, match=re.escape(message)):
        load_pipeline(tmp_path / "nightly.toml")


def test_the_example_in_the_documentation_is_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert tomllib.loads(example)
    (tmp_path / "nightly.toml").write_text(example)
    steps = load_pipeline(tmp_path / "nightly.toml").steps
    assert list(map(type, steps.values())) == [FilesStep, ReportStep, DigestStep, ListStep]
    assert list(steps) == ["files", "report", "digest", "lists.spring"]
