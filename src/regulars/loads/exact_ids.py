"""Make the ids of a staged source exact: one spelling each, and no placeholder as a customer.

Only distinct ids are examined. The lines are written again if one of them has to change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from regulars.core.errors import SourceError
from regulars.engines.protocols import Workspace
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.transform.staging.identifiers import suspect_ids, untidy_ids
from regulars.transform.staging.lines import with_exact_ids
from regulars.transform.staging.nobody import NobodyWord, customers_in, words_for_nobody

if TYPE_CHECKING:
    from ibis.expr.types import Table

_NAMES = {"order_id": "order numbers", "customer_id": "customers", "product_id": "products"}


@dataclass(frozen=True)
class ExactIds:
    """Lines with exact ids.

    lines     the name of their table in the workspace
    words     words for nobody in place of a customer, and email addresses that may be nobody's
    warnings  a warning about products whose codes a spreadsheet has shortened
    """

    lines: str
    words: Sequence[NobodyWord] = ()
    warnings: tuple[str, ...] = ()


def make_ids_exact(
    workspace: Workspace,
    mapping: ColumnMapping,
    source: str,
    name: str,
    classify: "Callable[[Table], Table]",
) -> ExactIds:
    """Return the staged lines of the table `name` with exact ids.

    `classify` computes the kind of lines again, which can depend on their ids.

    Raises SourceError if a spreadsheet has cut digits off orders or customers.
    """
    lines = workspace.table(name)
    joined = tuple(ours for ours in _NAMES if mapping.columns.get(ours) in mapping.built)
    suspects = workspace.fetch(suspect_ids(lines))
    may_be_untidy = joined or any(row["suspects"] for row in suspects)
    untidy = workspace.fetch(untidy_ids(lines, joined)) if may_be_untidy else []
    shortened = {row["column"]: row["shortened"] for row in untidy if row["shortened"]}
    for column in ("order_id", "customer_id"):
        if column in shortened:
            raise SourceError(_shortened(source, mapping, column, shortened[column]))
    may_be_words = mapping.profile.nobody.words or any(row["words"] for row in suspects)
    words = _words_for_nobody(workspace, lines, name, mapping) if may_be_words else []
    warnings = (
        (
            f"{source}: products such as {shortened['product_id']} have lost their last digits in "
            "a spreadsheet. Different products may count as one.",
        )
        if "product_id" in shortened
        else ()
    )
    nobody = tuple(word.word for word in words if word.is_nobody)
    is_untidy = any(row["untidy"] for row in untidy)
    if not is_untidy and not nobody:
        return ExactIds(name, words, warnings)
    workspace.materialize(f"{name}_exact", classify(with_exact_ids(lines, nobody, is_untidy)))
    return ExactIds(f"{name}_exact", words, warnings)


def _words_for_nobody(
    workspace: Workspace, lines: "Table", name: str, mapping: ColumnMapping
) -> list[NobodyWord]:
    customers = workspace.materialize(f"{name}_written", customers_in(lines))
    return [
        NobodyWord(row["word"], row["row_count"], row["amount"] or Decimal(0),
                   is_nobody=row["is_nobody"])
        for row in workspace.fetch(words_for_nobody(customers, mapping.profile.nobody))
    ]  # fmt: skip


def _shortened(source: str, mapping: ColumnMapping, column: str, example: str) -> str:
    name = mapping.columns.get(column, column)
    return (
        f'{source}: column "{name}" has {_NAMES[column]} such as {example}. A spreadsheet has cut '
        f"off their last digits, so different {_NAMES[column]} would become one. Export the file "
        "again, and load it without saving it in a spreadsheet."
    )
