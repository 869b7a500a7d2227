"""The outcome of a command that changes a warehouse, for programs: one shape for all of them."""

from collections.abc import Mapping
from typing import Any

from regulars.core.errors import RegularsError
from regulars.loads.report import LoadReport, remarks

OUTCOMES = ("read", "accepted", "quarantined", "superseded", "unchanged")
"""What became of rows, and "read" for all of them."""


def outcome_of(operation: str, report: LoadReport) -> dict[str, Any]:
    """Return what a build, load, sync, undo, replay or check did, to be written as JSON."""
    totals = {name: report.total(name) for name in OUTCOMES}
    warnings = [remark.text for remark in remarks(report) if remark.is_warning]
    return _outcome(
        operation,
        _status(operation, report),
        warehouse=report.warehouse,
        load=report.load or None,
        sources=[
            {
                "name": source.name,
                "rows": source.rows,
                "profile": source.mapping.profile.name,
                "duplicate_of": report.duplicates.get(source.name),
            }
            for source in report.sources
        ],
        orders=vars(report.orders),
        rows={name: rows for name, (rows, _) in totals.items()},
        amounts={name: amount for name, (_, amount) in totals.items()},
        reasons=dict(report.reasons.most_common()),
        warnings=[*report.warnings, *warnings],
    )


def failure_of(operation: str, error: RegularsError) -> dict[str, Any]:
    """Return the outcome of a command that failed, in the same shape. It changed nothing."""
    return _outcome(
        operation,
        "failed",
        error={
            "type": type(error).__name__,
            "message": str(error),
            "exit_code": error.exit_code,
            "is_temporary": error.is_temporary,
        },
    )


def _status(operation: str, report: LoadReport) -> str:
    if operation == "check":
        return "checked"
    orders = report.orders
    changed = orders.new + orders.changed + orders.removed + report.total("quarantined")[0]
    return "changed" if changed or operation in ("build", "undo") else "unchanged"


def _outcome(operation: str, status: str, **values: Any) -> dict[str, Any]:
    empty: Mapping[str, Any] = {
        "warehouse": None, "load": None, "sources": [],
        "orders": dict.fromkeys(("new", "changed", "unchanged", "removed"), 0),
        "rows": dict.fromkeys(OUTCOMES, 0), "amounts": dict.fromkeys(OUTCOMES, 0),
        "reasons": {}, "warnings": [], "error": None,
    }  # fmt: skip
    return {"operation": operation, "status": status, **empty, **values}
