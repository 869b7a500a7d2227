"""Ibis's SQL compiler for Spark, adjusted so that an expression means the same on every engine.

For each adjustment, a test in `tests/engines/test_upstream.py` fails once it is no longer needed.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

if TYPE_CHECKING:
    from ibis.backends.pyspark import Backend
    from pyspark.sql import SparkSession

_DIRECTIVES = {
    "%Y": (r"\d{1,4}", "y"), "%y": (r"\d{1,2}", "y"), "%m": (r"\d{1,2}", "M"),
    "%d": (r"\d{1,2}", "d"), "%H": (r"\d{1,2}", "H"), "%I": (r"\d{1,2}", "h"),
    "%M": (r"\d{1,2}", "m"), "%S": (r"\d{1,2}", "s"), "%f": (r"\d{1,6}", "SSSSSS"),
    "%p": ("[AaPp][Mm]", "a"), "%b": ("[A-Za-z]{3}", "MMM"), "%B": ("[A-Za-z]{3,9}", "MMMM"),
}  # fmt: skip
"""The text that each strptime directive matches, and Java's pattern letters for it."""
_RUN_TOGETHER = "%Y%m%d"
_NAIVE = sge.DataType(this=sge.DataType.Type.TIMESTAMPNTZ)
_WITH_ZONE = sge.DataType(this=sge.DataType.Type.TIMESTAMPLTZ)


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis's compiler for Spark, with our functions and Java's regular expressions."""

    __slots__ = ()

    def visit_RegexReplace(  # noqa: N802
        self,
        op: "ops.RegexReplace",
        *,
        arg: sge.Expr,
        pattern: sge.Expr,
        replacement: sge.Expr,
    ) -> Any:
        r"""Write back-references as Java does: $1 instead of \1."""
        if isinstance(op.replacement, ops.Literal):
            plain = op.replacement.value.replace("$", r"\$")
            replacement = sge.convert(re.sub(r"\\(\d)", r"$\1", plain))
        return self.f.regexp_replace(arg, pattern, replacement)

    def visit_ScalarUDF(self, op: "ops.ScalarUDF", **args: Any) -> Any:  # noqa: N802
        """Translate the functions of `core.expressions` that Spark does not have."""
        if op.__func_name__ == "try_strptime":
            return self._parsed(next(iter(args.values())), _formats_of(op.args[1]))
        if op.__func_name__ == "timezone":
            return self._in_zone(*args.values(), to_utc=bool(op.dtype.timezone))
        return super().visit_ScalarUDF(op, **args)

    def _in_zone(self, zone: sge.Expr, at: sge.Expr, *, to_utc: bool) -> Any:
        """Convert between local time in a zone and UTC, the time zone of the session."""
        utc, clock = sge.convert("UTC"), sge.Cast(this=at, to=_NAIVE)
        if to_utc:
            return sge.Cast(this=self.f.convert_timezone(zone, utc, clock), to=_WITH_ZONE)
        return self.f.convert_timezone(utc, zone, clock)

    def _parsed(self, text: sge.Expr, formats: Sequence[str]) -> Any:
        """Parse a timestamp by the first format that matches under strptime's rules."""
        tidy = self.f.regexp_replace(text, sge.convert(r"\s+"), sge.convert(" "))
        return self.f.coalesce(
            *(self._read(text, tidy, format_) for format_ in formats), sge.Null()
        )

    def _read(self, text: sge.Expr, tidy: sge.Expr, format_: str) -> Any:
        fits, pattern = as_java(format_)
        if format_.startswith(_RUN_TOGETHER):
            dashes = sge.convert(r"^(\d{4})(\d{2})"), sge.convert("$1-$2-")
            tidy = self.f.regexp_replace(tidy, *dashes)
        read = self.f.try_to_timestamp(tidy, sge.convert(pattern))
        if "%y" in format_:
            # In strptime 69 to 99 are 1969 to 1999; Java reads them as years of the first century.
            read = read + self.if_(self.f.year(read) >= 69, _years(1900), _years(2000))
        matches = sge.RegexpLike(this=text, expression=sge.convert(f"^{fits}$"))
        return self.if_(matches, sge.Cast(this=read, to=_NAIVE), sge.Null())


def as_java(format_: str) -> tuple[str, str]:
    """Return a strptime format as a regular expression and as a Java pattern.

    Java cannot split adjacent digits: 20111209 must be rewritten as 2011-12-09 first.
    """
    if format_.startswith(_RUN_TOGETHER):
        fits, pattern = as_java(format_.removeprefix(_RUN_TOGETHER))
        return r"\d{4}\d{2}\d{1,2}" + fits, "y-M-d" + pattern
    parts = [_part(part) for part in re.split(r"(%\w)", format_)]
    return "".join(fits for fits, _ in parts), "".join(pattern for _, pattern in parts)


def _part(part: str) -> tuple[str, str]:
    if part in _DIRECTIVES:
        return _DIRECTIVES[part]
    fits = "".join(r"\s+" if mark == " " else re.escape(mark) for mark in part)
    return fits, "".join(f"'{mark}'" if mark.isalpha() else mark for mark in part)


def _years(number: int) -> Any:
    return sge.Interval(this=sge.convert(str(number)), unit=sge.Var(this="YEAR"))


def _formats_of(array: Any) -> list[str]:
    is_array = isinstance(array, ops.Array)
    return [item.value for item in array.exprs] if is_array else list(array.value)


def connect(session: "SparkSession") -> "Backend":
    """Return an Ibis connection to a session that uses our compiler."""
    import ibis

    con = ibis.pyspark.connect(session)
    con.compiler = SparkCompiler()
    return con
