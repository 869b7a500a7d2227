"""The commands run and schedule."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.options import examples, json_option, show_progress

if TYPE_CHECKING:
    from regulars.jobs.run import RunOutcome


@examples("regulars run nightly.toml", "regulars run nightly.toml --date 2026-01-05")
@click.command()
@click.argument("pipeline", metavar="PIPELINE")
@click.option("--date", "night", metavar="DATE",
              help="Business date of the run. Default: set in PIPELINE, or yesterday.")  # fmt: skip
@click.option("--again", is_flag=True, help="Run every step, even those done for this date.")
@json_option
def run(pipeline: str, night: str | None, again: bool, as_json: bool) -> None:
    """Run the steps of a night: load or sync, report, digest, lists.

    PIPELINE is a TOML file. Steps that are done for this date are skipped, so a failed run
    continues where it stopped. Temporary errors are retried. The run is logged in the warehouse,
    and the people named in PIPELINE are notified of a failure.
    """
    from regulars.cli.output.outcomes import print_json
    from regulars.jobs.run import run_pipeline

    outcome = run_pipeline(Path(pipeline), night=night, again=again, progress=show_progress)
    if as_json:
        print_json(_as_data(outcome))
    else:
        _print(outcome)
    if outcome.error:
        raise outcome.error


def _print(outcome: "RunOutcome") -> None:
    if outcome.status == "skipped":
        click.echo(f"{outcome.pipeline} is done for {outcome.night}. Add --again to run it again.")
    for step in outcome.steps:
        tries = f" (attempt {step.attempts})" if step.attempts > 1 else ""
        click.echo(f"{step.step}: {step.status}{tries}. {step.message}")


def _as_data(outcome: "RunOutcome") -> dict[str, Any]:
    shown = ("step", "status", "attempts", "load_id", "started_at", "finished_at", "message")
    return {
        "operation": "run", "status": outcome.status, "pipeline": outcome.pipeline,
        "night": outcome.night,
        "steps": [{name: getattr(step, name) for name in shown} for step in outcome.steps],
        "error": str(outcome.error) if outcome.error else None,
    }  # fmt: skip


@examples("regulars schedule nightly.toml", 'regulars schedule nightly.toml --at "daily 03:30"')
@click.command()
@click.argument("pipeline", metavar="PIPELINE")
@click.option("--at", "when", metavar="WHEN", default="daily 02:00", show_default=True,
              help='Day and time, such as "monday 07:00".')  # fmt: skip
def schedule(pipeline: str, when: str) -> None:
    """Print a line for cron and a timer for systemd that run a pipeline."""
    from shlex import quote

    from regulars.jobs.pipeline import load_pipeline
    from regulars.web.digest.schedule import Schedule, installation_of

    name = load_pipeline(Path(pipeline)).name
    command = f"run {quote(pipeline)}"
    click.echo(installation_of(command, f"regulars-{name}", Schedule.parse(when)), nl=False)
