"""Print the outcome of a command that changes a warehouse: for people, or as JSON for programs."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.output.results import to_json
from regulars.core.errors import RegularsError

if TYPE_CHECKING:
    from regulars.loads.report import LoadReport


def print_outcome(
    operation: str,
    run: "Callable[[], LoadReport]",
    show: "Callable[[LoadReport], None]",
    *,
    as_json: bool,
) -> None:
    """Run an operation and print its outcome with `show`, or as JSON even if it fails.

    Raises RegularsError, as the operation does.
    """
    if not as_json:
        show(run())
        return
    from regulars.loads.outcome import failure_of, outcome_of

    try:
        outcome = outcome_of(operation, run())
    except RegularsError as error:
        print_json(failure_of(operation, error))
        raise
    print_json(outcome)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, default=to_json, ensure_ascii=False, indent=1))
