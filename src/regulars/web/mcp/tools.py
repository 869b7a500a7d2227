"""The tools and resources that an agent sees. None of them changes anything or runs SQL."""

from collections.abc import Mapping
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from regulars.analyses.catalog import ANALYSES, METRICS, find, find_metric
from regulars.analyses.segments.segment_map import segment_map
from regulars.insights.table_file import known_cards
from regulars.lists.api import all_lists
from regulars.warehouse.ledger import regulars_version
from regulars.warehouse.warehouse import Warehouse
from regulars.web.api.answers import Question, card_of, check_filters, columns_of, page_of
from regulars.web.mcp.asker import Asker, Where, conditions_of

MOST_ROWS = 1_000
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = (
    "Figures of a retailer's sales. Call `analyses` and `metrics` to see what can be asked, "
    "`values` for what results can be filtered by, then `ask` or `measure`. Every answer says what "
    "its columns mean. If `more` is true, there are further rows: do not report the rows as all. "
    "Money is in the shop's currency. Dates are ISO 8601, in the shop's local time."
)

Since = Annotated[str | None, Field(description="First day of the period, such as 2011-01-01.")]
Until = Annotated[str | None, Field(description="Last day of the period.")]
AsOf = Annotated[str | None, Field(description="Score RFM segments as of this day.")]
Filter = Annotated[
    Where | None, Field(description='Filters by column, such as {"location": ["UK", "France"]}.')
]
Caller = Context[Any, Any]


def mcp_server(asker: Asker) -> MCPServer:
    """Return the MCP server of a warehouse."""
    server = MCPServer("regulars", instructions=_INSTRUCTIONS, version=regulars_version())
    _add_catalog(server, asker)
    _add_questions(server, asker)
    _add_resources(server)
    return server


def _add_catalog(server: MCPServer, asker: Asker) -> None:
    """Add the tools that say what can be asked."""

    @server.tool(annotations=_READS)
    def analyses(context: Caller) -> dict[str, Any]:
        """List the analyses: the question each answers, its columns and its options."""
        asker.caller(context)
        return asker.answer(lambda: {"analyses": [_short_card(name) for name in ANALYSES]})

    @server.tool(annotations=_READS)
    def metrics(context: Caller) -> dict[str, Any]:
        """List the metrics with their definitions."""
        asker.caller(context)
        return asker.answer(lambda: {"metrics": [_definition(name) for name in METRICS]})

    @server.tool(annotations=_READS)
    def values(column: str, context: Caller) -> dict[str, Any]:
        """List the values of a column that results can be filtered by, such as location."""
        caller = asker.caller(context)

        def run(warehouse: Warehouse, _version: str) -> Mapping[str, Any]:
            check_filters({column: None}, caller)
            found = warehouse.values(column)
            return {"values": found[:MOST_ROWS], "more": len(found) > MOST_ROWS}

        return asker.answer(lambda: asker.api.run(run))

    @server.tool(annotations=_READS)
    def segments(context: Caller) -> dict[str, Any]:
        """List the RFM segments: why a customer is in each, and what to do for them."""
        asker.caller(context)
        found = [
            {"name": one.name, "reason": one.reason, "action": one.action, "offer": one.offer}
            for one in segment_map()
        ]
        return asker.answer(lambda: {"segments": found})

    @server.tool(annotations=_READS)
    def warehouse(context: Caller) -> dict[str, Any]:
        """Return which days the data covers, its currency, and when it was last loaded."""
        asker.caller(context)
        return asker.answer(lambda: asker.api.run(_state))

    @server.tool(annotations=_READS)
    def lists(context: Caller) -> dict[str, Any]:
        """List the saved customer lists with their sizes."""
        caller = asker.caller(context)

        def run() -> Mapping[str, Any]:
            caller.require_customers()
            found = asker.api.results.uncached(all_lists)
            columns = ("name", "created_at", "author", "segments", "filters")
            return {"lists": [
                {**{name: getattr(one, name) for name in columns}, **vars(one.counts)}
                for one in found
            ]}  # fmt: skip

        return asker.answer(run)


def _add_questions(server: MCPServer, asker: Asker) -> None:
    """Add the tools that return figures."""

    @server.tool(annotations=_READS)
    def ask(
        analysis: str,
        context: Caller,
        since: Since = None,
        until: Until = None,
        as_of: AsOf = None,
        where: Filter = None,
        options: Annotated[
            dict[str, str | int | float] | None,
            Field(description='Options of the analysis, such as {"by": "product"}.'),
        ] = None,
        rows: Annotated[int, Field(ge=1, le=MOST_ROWS, description="How many rows.")] = 100,
        offset: Annotated[int, Field(ge=0, description="The first row.")] = 0,
    ) -> dict[str, Any]:
        """Run an analysis of the catalog."""
        caller = asker.caller(context)
        given = {name: str(value) for name, value in (options or {}).items()}
        question = Question(analysis, since, until, as_of, conditions_of(where), given)

        def run(warehouse: Warehouse, version: str) -> Mapping[str, Any]:
            answer = question.answer(warehouse, caller)
            found, following = page_of(answer, offset, rows)
            return {
                "question": answer.card.question,
                "definition": answer.card.description,
                "as_of": question.snapshot(warehouse),
                "currency": warehouse.facts.get("currency", ""),
                "version": version,
                "columns": columns_of(known_cards(answer.columns, answer.card.columns)),
                "rows": found,
                "more": following is not None,
            }

        return asker.answer(lambda: asker.api.run(run))

    @server.tool(annotations=_READS)
    def measure(
        metrics: list[str] | str,
        context: Caller,
        since: Since = None,
        until: Until = None,
        where: Filter = None,
    ) -> dict[str, Any]:
        """Return the values of metrics, with their definitions."""
        caller, conditions = asker.caller(context), conditions_of(where)
        names = (metrics,) if isinstance(metrics, str) else tuple(metrics)

        def run(warehouse: Warehouse, version: str) -> Mapping[str, Any]:
            check_filters(conditions, caller)
            cards = [_definition(name) for name in names]
            [row] = warehouse.answers(names, since=since, until=until, where=conditions)
            return {
                "metrics": [{**card, "value": row[card["name"]]} for card in cards],
                "currency": warehouse.facts.get("currency", ""),
                "version": version,
            }

        return asker.answer(lambda: asker.api.run(run))


def _add_resources(server: MCPServer) -> None:
    """Add the definitions as texts to read."""

    @server.resource("regulars://analyses/{name}", mime_type="text/plain")
    def analysis_definition(name: str) -> str:
        """What an analysis answers, and how."""
        card = find(name)
        return f"{card.question}\n\n{card.description}"

    @server.resource("regulars://metrics/{name}", mime_type="text/plain")
    def metric_definition(name: str) -> str:
        """The definition of a metric."""
        metric = find_metric(name)
        return f"{metric.label}\n\n{metric.description}"


def _state(warehouse: Warehouse, version: str) -> Mapping[str, Any]:
    first, last = warehouse.observed_days
    loads = [load for load in warehouse.loads() if not load["is_undone"]]
    return {
        "first_day": first,
        "last_day": last,
        "currency": warehouse.facts.get("currency", ""),
        "conventions": warehouse.facts["conventions"],
        "last_load_at": loads[-1]["loaded_at"],
        "version": version,
    }


def _short_card(name: str) -> Mapping[str, Any]:
    card = card_of(ANALYSES[name])
    return {
        "name": name,
        "question": card["question"],
        "columns": [column["name"] for column in card["columns"]],
        "options": card["options"],
    }


def _definition(name: str) -> Mapping[str, Any]:
    metric = find_metric(name)
    return {"name": name, "label": metric.label, "unit": metric.unit,
            "definition": metric.description}  # fmt: skip
