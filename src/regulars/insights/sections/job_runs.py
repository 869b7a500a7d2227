"""The section of the data page on nightly runs."""

from regulars.core import formatting
from regulars.engines.protocols import ReaderTables
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.scope import Scope
from regulars.warehouse.job_runs import JobRun, StepRun, read_job_runs

MOST_RUNS = 30
_HEADERS = [
    Header(label, is_number=False) for label in ("Night", "Pipeline", "Run", "Result", "Steps")
]


def job_runs(scope: Scope) -> Section | None:
    """The latest runs of pipelines and what became of each step; None if there were none."""
    latest_first = read_job_runs(ReaderTables(scope.warehouse.reader))[::-1]
    if not latest_first:
        return None
    last, shown = latest_first[0], latest_first[:MOST_RUNS]
    failed = last.failed_step
    result = f"failed at {failed.step}" if failed else "is done"
    finding = f"The last run, {last.pipeline} for {formatting.day(last.night)}, {result}"
    table = Table("Runs, latest first", _HEADERS, [_row(run) for run in shown])
    how = "The message of a failure is in the output of the run, and in the mail about it."
    return Section("job_runs", "Nightly runs", finding, parts=[table, Note(how)])


def _row(run: JobRun) -> list[Cell]:
    failed = run.failed_step
    result = Cell("Failed", failed.step) if failed else Cell("Done")
    return [
        Cell(formatting.day(run.night), style="name"), Cell(run.pipeline),
        Cell(formatting.moment(run.started_at)), result,
        Cell(" ".join(map(_words, run.steps)), style="words"),
    ]  # fmt: skip


def _words(step: StepRun) -> str:
    tries = f" ({step.attempts} attempts)" if step.attempts > 1 else ""
    load = f" Load {step.load_id}." if step.load_id else ""
    return f"{step.step}{tries}: {step.message}{load}"
