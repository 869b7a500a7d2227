"""The tables that no source contains: notes on days, targets, and the log of jobs.

Each is created with its first row, and a new build carries it over, because no source contains it.
"""

from collections.abc import Mapping

ENTERED: Mapping[str, str] = {
    "calendar_notes": "Notes on days, such as a promotion: first and last day, kind, text, author",
    "job_runs": "The steps of every run of a pipeline: night, outcome, attempts, time, load",
    "period_targets": "Targets of months and quarters: metric, amount, author, time",
}
"""The tables with their descriptions."""

ENTERED_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "calendar_notes": {
        "note_id": "int32", "first_day": "date", "last_day": "date", "kind": "string",
        "text": "string", "author": "string", "created_at": "timestamp(6)",
    },
    "job_runs": {
        "run_id": "int32", "pipeline": "string", "night": "date", "step": "string",
        "status": "string", "attempts": "int32", "started_at": "timestamp(6)",
        "finished_at": "timestamp(6)", "load_id": "int32", "message": "string",
    },
    "period_targets": {
        "first_day": "date", "grain": "string", "metric": "string", "amount": "decimal(18, 4)",
        "author": "string", "set_at": "timestamp(6)",
    },
}  # fmt: skip
"""Their columns and Ibis types."""
