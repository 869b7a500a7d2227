"""The commands analyses and show."""

import click

from regulars.cli.options import conditions, example, output_file, output_option, warehouse_option

FORMATS = ("table", "csv", "json", "parquet", "xlsx")


@example("regulars analyses")
@click.command()
def analyses() -> None:
    """List everything that can be asked, with the columns of each answer."""
    from regulars.cli.output.tables import print_catalogue

    print_catalogue()


@example(
    "regulars show segments",
    "regulars show sales_by --by location --since 2011-01-01 -o places.xlsx",
    "regulars show sales_change --by product --since 2011-11-01 --until 2011-11-30",
    "regulars show rfm --where location=Germany --format csv > germany.csv",
)
@click.command()
@click.argument("analysis", metavar="ANALYSIS")
@warehouse_option
@click.option("--since", metavar="DATE", help="First day of the period, such as 2011-01-01.")
@click.option("--until", metavar="DATE", help="Last day of the period, included.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only these; may be repeated.")
@click.option("--as-of", metavar="DATE", help="The day RFM looks back from.")
@click.option("--by", metavar="NAME", help="What to break the answer down by, where it can be.")
@click.option("--among", metavar="WHOM", help="For RFM: score among those filtered, or everyone.")
@click.option(
    "--against", metavar="DAYS", help="For sales_change: compare with year, before, or FROM/TO."
)
@click.option("--buyer", metavar="WHO", help='For lines: "New customers", Guests and so on.')
@click.option("--percentile", metavar="FRACTION", help="For order_amounts: leave out the largest.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Default: table, or as FILE ends."
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
    """Answer ANALYSIS (see `regulars analyses`)."""
    from regulars.analyses.catalog import find
    from regulars.cli.output.files import write
    from regulars.warehouse.warehouse import open_warehouse

    chosen = {name: value for name, value in options.items() if value is not None}
    find(analysis)  # a wrong name is told before a warehouse is opened
    file = output_file(output) if output else None
    with open_warehouse(warehouse) as opened:
        answer = opened.answer(
            analysis, since=since, until=until, where=conditions(where), as_of=as_of, **chosen
        )
        write(answer, format_=format_, output=file)
