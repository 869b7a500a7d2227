"""Add runs of pipelines to the log of jobs in the warehouse."""

from collections.abc import Sequence

from regulars.core.settings import Settings
from regulars.engines.protocols import Engine
from regulars.loads.entered_tables import add_row, next_number, open_to_enter
from regulars.warehouse.job_runs import TABLE, StepRun


def log_run(engine: Engine, steps: Sequence[StepRun], settings: Settings) -> None:
    """Add the steps of a run to the log, in one change of the warehouse, and number the run.

    Raises WarehouseError if it cannot be opened, or its engine cannot store the log.
    """
    with open_to_enter(engine, TABLE, settings.memory_limit) as store:
        number = next_number(store, TABLE, "run_id")
        for step in steps:
            add_row(store, TABLE, vars(step) | {"run_id": number})
