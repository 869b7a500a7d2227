"""The commands analyses and show."""

import click

from regulars.cli.options import conditions, examples, output_file, output_option, warehouse_option

FORMATS = ("table", "csv", "json", "parquet", "xlsx")


@examples("regulars analyses")
@click.command()
def analyses() -> None:
    """List all analyses with their columns and options."""
    from regulars.cli.output.tables import print_catalog

    print_catalog()


@examples(
    "regulars show segments",
    "regulars show sales_by --by location --since 2011-01-01 -o places.xlsx",
    "regulars show sales_change --by product --since 2011-11-01 --until 2011-11-30",
    "regulars show rfm --where location=Germany --format csv > germany.csv",
)
@click.command()
@click.argument("analysis", metavar="ANALYSIS")
@warehouse_option
@click.option("--since", metavar="DATE", help="First day of the period, such as 2011-01-01.")
@click.option("--until", metavar="DATE", help="Last day of the period.")
@click.option(
    "--where", multiple=True, metavar="COLUMN=VALUE", help="Filter by a column. Can be repeated."
)
@click.option("--as-of", metavar="DATE", help="Score RFM as of this day.")
@click.option("--by", metavar="NAME", help="Break the result down by this dimension.")
@click.option(
    "--among",
    metavar="GROUP",
    help="For RFM: score among everyone (default), or among filtered customers only.",
)
@click.option(
    "--against", metavar="PERIOD", help="For sales_change: compare with year, before, or FROM/TO."
)
@click.option(
    "--buyer",
    metavar="GROUP",
    help='For lines: only lines bought by this group, such as "New customers" or Guests.',
)
@click.option(
    "--days",
    metavar="NUMBER",
    help="For recent_moves and moved_customers: days to look back (default 90).",
)
@click.option(
    "--percentile",
    metavar="FRACTION",
    help="For order_amounts: also show figures without orders above this percentile.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Output format. Default: the extension of FILE, else table.",
)
@output_option
def show(
    analysis: str,
    warehouse: str | None,
    since: str | None,
    until: str | None,
    where: tuple[str, ...],
    as_of: str | None,
    output: str | None,
    format_: str | None,
    **options: str | None,
) -> None:
    """Run an analysis and print or save the result.

    To see all analyses and their options, run `regulars analyses`.
    """
    from dataclasses import replace

    from regulars.analyses.catalog import find
    from regulars.cli.output.heading import heading
    from regulars.cli.output.results import write
    from regulars.warehouse.warehouse import open_warehouse

    given = {name: value for name, value in options.items() if value is not None}
    card = find(analysis)  # report a wrong name before opening a warehouse
    file = output_file(output) if output else None
    with open_warehouse(warehouse) as opened:
        answer = opened.answer(
            analysis, since=since, until=until, where=conditions(where), as_of=as_of, **given
        )
        notes = [card.options[name].notes.get(value) for name, value in given.items()]
        notes.append(_compared_days(analysis, since, until, given.get("against")))
        for note in filter(None, notes):
            click.echo(note, err=True)
        titled = replace(answer, heading=heading(opened, since, until, conditions(where)))
        write(titled, format_=format_, output=file)


def _compared_days(
    analysis: str, since: str | None, until: str | None, against: str | None
) -> str | None:
    """Return which days a period is compared with, if they are not the same dates a year before."""
    from datetime import date

    from regulars.core.calendar import year_earlier
    from regulars.core.formatting import day

    if analysis != "sales_change" or against not in (None, "year"):
        return None
    if not since and not until:
        return (
            "All data cannot be compared with a year before. Choose a period with --since and "
            "--until."
        )
    if not (since and until):
        return None
    period = date.fromisoformat(since), date.fromisoformat(until)
    first, last = year_earlier(*period)
    if first.day == period[0].day:
        return None
    days = day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"Compared with {days}: the same weekdays, 52 weeks earlier."
