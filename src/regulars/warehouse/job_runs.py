"""The log of jobs: every run of a pipeline with its steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from regulars.engines.protocols import WarehouseTables

TABLE = "job_runs"
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class StepRun:
    """A step of a run, as it is logged.

    night     the business date of the run
    attempts  how often the step was tried
    load_id   the load that the step made; None if it made none
    message   what it did, or why it failed, without anything from a source
    """

    run_id: int
    pipeline: str
    night: date
    step: str
    status: str
    attempts: int
    started_at: datetime
    finished_at: datetime
    load_id: int | None
    message: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the step in a row of the table."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class JobRun:
    """A run of a pipeline, with the steps that it tried."""

    steps: tuple[StepRun, ...]

    @property
    def pipeline(self) -> str:
        """The name of the pipeline."""
        return self.steps[0].pipeline

    @property
    def night(self) -> date:
        """The business date of the run."""
        return self.steps[0].night

    @property
    def started_at(self) -> datetime:
        """When the first step began."""
        return self.steps[0].started_at

    @property
    def failed_step(self) -> StepRun | None:
        """The step that failed, and ended the run; None if all are done."""
        return next((step for step in self.steps if step.status == FAILED), None)


def read_job_runs(tables: "WarehouseTables") -> list[JobRun]:
    """Return all runs, the oldest first; none if the warehouse never had one."""
    if TABLE not in tables.tables():
        return []
    steps = sorted(map(StepRun.of, tables.fetch(tables.table(TABLE))), key=_position)
    runs: dict[int, list[StepRun]] = {}
    for step in steps:
        runs.setdefault(step.run_id, []).append(step)
    return [JobRun(tuple(of_run)) for of_run in runs.values()]


def _position(step: StepRun) -> tuple[int, datetime]:
    return step.run_id, step.started_at
