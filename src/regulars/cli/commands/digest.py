"""The command digest."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.options import (
    examples,
    output_file,
    output_option,
    warehouse_option,
    with_options,
)
from regulars.core.errors import InputError, RegularsError

if TYPE_CHECKING:
    from regulars.insights.digest.digest import Digest
    from regulars.web.digest.send import Outcome
    from regulars.web.digest.settings import DigestFile

_FROM_SETTINGS = "settings"

content_options = (
    click.option("--period", type=click.Choice(("week", "month")),
                 help="The last whole week or month. Default: as in the settings, else week."),
    click.option("--as-of", metavar="DATE",
                 help="Write the digest as of this day. Default: today."),
    click.option("--alerts", "only_alerts", is_flag=True,
                 help="Only the alerts for the last seven days."),
    click.option("--role", type=click.Choice(("viewer", "analyst", "exporter", "admin")),
                 default="admin", show_default=True, help="Print what this role gets."),
    click.option("--html", "form", flag_value="html", help="Print the email as HTML."),
    click.option("--json", "form", flag_value="json", help="Print the figures as JSON."),
    output_option,
)  # fmt: skip
send_options = (
    click.option("--send", is_flag=True,
                 help="Send the digest to the recipients in the settings."),
    click.option("--to", multiple=True, metavar="RECIPIENT",
                 help="Send to this recipient only. Can be repeated."),
    click.option("--again", is_flag=True, help="Send even to those who already have it."),
    click.option("--if-due", is_flag=True,
                 help="Send only if the day and time in the settings have come."),
    click.option("--schedule", is_flag=False, flag_value=_FROM_SETTINGS, metavar="[WHEN]",
                 help='Print the lines for cron or systemd to send it at WHEN, such as '
                 '"monday 07:00", or at the day and time in the settings.'),
    click.option("--settings", "file", metavar="FILE",
                 help="The settings of the digest. Default: the file in regulars.toml, else "
                 "regulars-digest.toml."),
)  # fmt: skip


@examples(
    "regulars digest",
    "regulars digest --period month --html -o digest.html",
    "regulars digest --send",
    "regulars digest --alerts --send",
    'regulars digest --schedule "monday 07:00"',
)
@click.command()
@with_options(*content_options, *send_options)
@warehouse_option
def digest(
    warehouse: str | None, period: str | None, as_of: str | None, only_alerts: bool, role: str,
    form: str | None, output: str | None, send: bool, to: tuple[str, ...], again: bool,
    if_due: bool, schedule: str | None, file: str | None,
) -> None:  # fmt: skip
    """Print or send one page on the last whole week or month.

    It has six figures, three findings, the customers to contact first, and alerts. Set the
    recipients, their roles, the day and the thresholds on the dashboard page Digest. The mail
    server comes from the environment: SMTP_HOST, SMTP_FROM, SMTP_USER, SMTP_PASSWORD.
    """
    from regulars.web.digest.send import is_due

    settings_file = _settings_file(file)
    if schedule is not None:
        _print_schedule(schedule, warehouse, only_alerts=only_alerts)
        return
    if (to or again or if_due) and not send:
        raise InputError("--to, --again and --if-due need --send.")
    if send and (form or output):
        raise InputError("--send cannot be combined with --html, --json or -o.")
    if if_due and not is_due(settings_file, datetime.now()):
        return
    if send:
        settings_file.load().chosen(to)  # report a wrong recipient before opening a warehouse
    page = _digest(warehouse, settings_file, period, _day(as_of), only_alerts=only_alerts)
    if send:
        _send(page, settings_file, to, again=again, is_quiet=if_due)
    else:
        _print(page, settings_file, role, form, output)


def _digest(
    warehouse: str | None, file: "DigestFile", period: str | None, today: date, *,
    only_alerts: bool,
) -> "Digest":  # fmt: skip
    from dataclasses import replace

    from regulars.insights.report.write import check_extra
    from regulars.warehouse.warehouse import open_warehouse
    from regulars.web.digest.send import current_digest
    from regulars.web.digest.settings import parse_period_kind

    check_extra("digest")
    settings = file.load()
    if period:
        settings = replace(settings, period=parse_period_kind(period))
    with open_warehouse(warehouse) as opened:
        return current_digest(opened, settings, today, only_alerts=only_alerts)


def _print(
    page: "Digest", file: "DigestFile", role: str, form: str | None, output: str | None
) -> None:
    import json

    from regulars.cli.output.results import to_json
    from regulars.insights.digest.html import as_html
    from regulars.insights.digest.text import as_data, as_text
    from regulars.web.digest.send import for_role
    from regulars.web.roles import Role

    path = output_file(output) if output else None
    shown, dashboard = for_role(page, Role(role)), file.load().dashboard
    if form == "html":
        text = as_html(shown, dashboard)
    elif form == "json":
        text = json.dumps(as_data(shown), default=to_json, ensure_ascii=False, indent=1) + "\n"
    else:
        text = as_text(shown, dashboard)
    if path is None:
        click.echo(text, nl=False)
    else:
        path.write_text(text, "utf-8")
        click.echo(f"Digest: {path}")


def _send(
    page: "Digest", file: "DigestFile", to: Sequence[str], *, again: bool, is_quiet: bool
) -> None:
    """Send the digest. Raises RegularsError if a recipient did not get it.

    is_quiet  print nothing unless something is sent or fails: cron emails what a command prints
    """
    from regulars.web.digest.send import send_digest

    if page.period is None and not page.alerts:
        if not is_quiet:
            click.echo("No alerts, so nothing was sent.")
        return
    outcomes = send_digest(page, file, to, again=again)
    for outcome in outcomes:
        if not is_quiet or outcome.state != "already sent":
            _print_outcome(outcome)
    failed = sum(outcome.state == "failed" for outcome in outcomes)
    if failed:
        raise RegularsError(f"Not sent to {failed} of {len(outcomes)} recipients.")


def _print_outcome(outcome: "Outcome") -> None:
    to, role = outcome.recipient.to, outcome.recipient.role.value
    if outcome.state == "failed":
        click.echo(f"Not sent to {to}: {outcome.error}", err=True)
    elif outcome.state == "sent":
        click.echo(f"Sent to {to} ({role}).")
    else:
        click.echo(f"Already sent to {to}. Add --again to send it again.")


def _print_schedule(when: str, warehouse: str | None, *, only_alerts: bool) -> None:
    from shlex import quote

    from regulars.web.digest.schedule import Schedule, installation

    options = " --alerts" if only_alerts else ""
    options += f" -w {quote(warehouse)}" if warehouse else ""
    schedule = None if when == _FROM_SETTINGS else Schedule.parse(when)
    click.echo(installation(schedule, options), nl=False)


def _settings_file(name: str | None) -> "DigestFile":
    from regulars.web.digest.settings import DigestFile
    from regulars.web.settings import load_dashboard_settings

    return DigestFile(Path(name or load_dashboard_settings().digest_file))


def _day(text: str | None) -> date:
    """Return a day, by default today. Raises InputError if it is not a date."""
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise InputError(f'--as-of "{text}" is not a date. Write it as 2011-12-31.') from None
