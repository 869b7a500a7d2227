"""Run a pipeline for a night: its steps in order, each once, and log what became of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from regulars.core.errors import (
    LockedWarehouseError,
    NoWarehouseError,
    RegularsError,
    WarehouseError,
)
from regulars.core.settings import load_settings
from regulars.engines.locate import engine_of
from regulars.engines.locking import locked
from regulars.engines.protocols import Engine, ReaderTables
from regulars.jobs.notify import notify
from regulars.jobs.pipeline import Common, Pipeline, load_pipeline
from regulars.jobs.retry import Retrying
from regulars.jobs.steps import Night, StepResult, run_step
from regulars.loads.job_log import log_run
from regulars.loads.request import parse_business_date
from regulars.warehouse.job_runs import DONE, FAILED, JobRun, StepRun, read_job_runs


@dataclass(frozen=True)
class RunOutcome:
    """What became of a run.

    steps  the steps that this run tried; none if all were done before
    error  what ended it; None if every step is done
    """

    pipeline: str
    night: date
    steps: Sequence[StepRun] = ()
    error: Exception | None = None

    @property
    def status(self) -> str:
        """Whether the run failed, is done, or was skipped because all was done before."""
        return FAILED if self.error else DONE if self.steps else "skipped"


def run_pipeline(
    path: Path,
    *,
    night: date | str | None = None,
    again: bool = False,
    now: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> RunOutcome:
    """Run the pipeline in a file for a night, and return what became of it.

    night  the business date; by default the one that the pipeline says, yesterday or today
    again  run every step, even if it is done for this night

    Steps that are done for this night are left out, so a run that failed continues where it
    stopped. A step that fails ends the run; its error is in the outcome. Raises RegularsError if
    the run cannot begin.
    """
    now = now or datetime.now()
    pipeline, settings = load_pipeline(path), load_settings()
    common = pipeline.common
    day = parse_business_date(night, now.date()) or _default_night(common, now.date())
    location = common.warehouse or settings.warehouse
    engine = engine_of(location)
    if not engine.supports_lists:
        raise WarehouseError(f"{engine} cannot store the log of jobs. Use DuckDB or PostgreSQL.")
    shared = Night(common, settings, location, day, now, progress)
    retrying = Retrying(common.retries, common.wait_seconds, progress)
    with _only_run(path):
        log = retrying.run(partial(_read_log, engine, settings.memory_limit))
        earlier = [run for run in log if (run.pipeline, run.night) == (pipeline.name, day)]
        done = {step.step for run in earlier for step in run.steps if step.status == DONE}
        outcome = _run_steps(pipeline, set() if again else done, shared, retrying)
        if outcome.steps:
            outcome = _logged(outcome, partial(log_run, engine, outcome.steps, settings), retrying)
        if outcome.error and not _is_known(outcome, earlier):
            _tell(pipeline, path, outcome, progress)
    return outcome


def _default_night(common: Common, today: date) -> date:
    return today if common.night == "today" else today - timedelta(days=1)


@contextmanager
def _only_run(path: Path) -> Iterator[None]:
    """Hold the lock of a pipeline. Raises LockedWarehouseError if another run holds it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path))
        except LockedWarehouseError:
            raise LockedWarehouseError(f"Another run of {path} is still running.") from None
        yield


def _read_log(engine: Engine, memory_limit: str) -> list[JobRun]:
    try:
        reader = engine.open_reader(memory_limit=memory_limit)
    except NoWarehouseError:
        return []
    with closing(reader):
        return read_job_runs(ReaderTables(reader))


def _run_steps(pipeline: Pipeline, done: set[str], night: Night, retrying: Retrying) -> RunOutcome:
    """Run the steps that are not done, in order, until one fails."""
    steps: list[StepRun] = []
    for name, step in pipeline.steps.items():
        if name in done:
            continue
        night.progress(f"Step {name}")
        started, error = datetime.now(), None
        try:
            result = retrying.run(partial(run_step, step, night))
        except Exception as failure:
            error, result = failure, StepResult(_reason(failure))
        status, ended = FAILED if error else DONE, datetime.now()
        steps.append(StepRun(
            0, pipeline.name, night.date, name, status, retrying.attempts, started, ended,
            result.load_id, result.message,
        ))  # fmt: skip
        if error:
            return RunOutcome(pipeline.name, night.date, steps, error)
    return RunOutcome(pipeline.name, night.date, steps)


def _reason(error: Exception) -> str:
    """Return why a step failed, in words that contain nothing from a source.

    A message can quote a cell, and the log must not keep personal data.
    """
    if not isinstance(error, RegularsError):
        return "Something unexpected happened."
    return (type(error).__doc__ or "").splitlines()[0]


def _logged(outcome: RunOutcome, log: Callable[[], None], retrying: Retrying) -> RunOutcome:
    """Log a run, and return its outcome: failed if it cannot be logged."""
    try:
        retrying.run(log)
    except RegularsError as error:
        retrying.progress(f"The run is not in the log: {error}")
        return replace(outcome, error=outcome.error or error)
    return outcome


def _is_known(outcome: RunOutcome, earlier: Sequence[JobRun]) -> bool:
    """Return whether the last run of the night failed at the same step for the same reason."""
    before = earlier[-1].failed_step if earlier else None
    if before is None or not outcome.steps:
        return False
    after = outcome.steps[-1]
    return (before.step, before.message) == (after.step, after.message)


def _tell(
    pipeline: Pipeline, path: Path, outcome: RunOutcome, progress: Callable[[str], None]
) -> None:
    """Tell those whom the pipeline names that a run failed, and why."""
    step = outcome.steps[-1].step if outcome.steps else "log"
    subject = f"{pipeline.name} failed at {step} for {outcome.night}"
    text = (
        f"{outcome.error}\n\n"
        "The steps after it did not run. To continue there once it is fixed:\n"
        f"regulars run {path} --date {outcome.night}\n"
    )
    for problem in notify(pipeline.notify, subject, text):
        progress(problem)
