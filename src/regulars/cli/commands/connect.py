"""The command connect."""

import click

from regulars.cli.options import examples, output_file, output_option, warehouse_option


@examples("regulars connect powerbi -w postgresql://ann@db.example.com/shop -o shop.pbids")
@click.command()
@click.argument("tool", type=click.Choice(["metabase", "powerbi", "superset", "tableau"]))
@warehouse_option
@output_option
def connect(tool: str, warehouse: str | None, output: str | None) -> None:
    """Connect a BI tool to a PostgreSQL warehouse.

    Prints connection settings, or writes a connection file for the tool to open. Neither contains
    the password: the tool asks for it.
    """
    from regulars.warehouse.bi_tools import connect_bi_tool

    click.echo(connect_bi_tool(tool, warehouse, output_file(output) if output else None), nl=False)
