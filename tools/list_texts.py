"""Write every text that users read to one file, so that somebody can read them in one go.

    python tools/list_texts.py texts.txt

The file has a heading for each source file: command help, errors, labels and sentences from the
Python code, descriptions from docstrings that users see, templates, and the TOML files.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "regulars"
DESCRIBING = {"metric", "analysis", "rule", "command", "group"}
"""Decorators that show the docstring of what they decorate to users."""

CODE = re.compile(
    r"^\s*(SELECT|INSERT|CREATE|UPDATE|DELETE|ALTER|COPY|GRANT|WITH|SET|DROP|COMMENT|VACUUM|SHOW|"
    r"BEGIN|LOCK|CAST|ATTACH|USE|PRAGMA|FROM|CALL)\b|^[\w.-]+/[\w./-]+$|[{};]\s*$|^[#.]?[\w-]+$|^%|=%s"
)
Text = tuple[int, str]


def main(target: str) -> None:
    """Write the texts of every file of the package."""
    count = 0
    with Path(target).open("w", encoding="utf-8") as out:
        for path in sorted(SOURCE.rglob("*")):
            if path != SOURCE / "__init__.py" and (texts := sorted(set(texts_of(path)))):
                out.write(f"\n## {path.relative_to(SOURCE.parent)}\n\n")
                out.writelines(f"{line:>4}  {text}\n" for line, text in texts)
                count += len(texts)
    print(f"Wrote {count:,} texts to {target}")


def texts_of(path: Path) -> Iterator[Text]:
    """Yield the texts of one file with their line numbers."""
    readers = {".py": python_texts, ".j2": template_texts, ".toml": toml_texts}
    if path.suffix in readers:
        yield from readers[path.suffix](path.read_text("utf-8"))


def python_texts(code: str) -> Iterator[Text]:
    """Yield the strings that read like words, and the docstrings that users see."""
    tree = ast.parse(code)
    hidden = {*docstrings(tree), *parts_of_f_strings(tree), *type_names(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (text := shown_docstring(node)):
            yield node.lineno, text
        elif isinstance(node, ast.JoinedStr) and is_words(template := template_of(node)):
            yield node.lineno, one_line(template)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in hidden
            and is_words(node.value)
        ):
            yield node.lineno, one_line(node.value)


def docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield strings that stand alone: docstrings, and the remarks under constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def parts_of_f_strings(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the constant parts of f-strings, which are written out whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in ast.walk(node) if isinstance(part, ast.Constant))


def type_names(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the quoted types of annotations and casts."""
    for node in ast.walk(tree):
        typed: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef):
            typed = [
                node.returns,
                *(one.annotation for one in ast.walk(node.args) if isinstance(one, ast.arg)),
            ]
        elif isinstance(node, ast.AnnAssign):
            typed = [node.annotation]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cast":
            typed = [node.args[0]]
        for annotation in filter(None, typed):
            yield from (part for part in ast.walk(annotation) if isinstance(part, ast.Constant))


def shown_docstring(function: ast.FunctionDef) -> str | None:
    """Return a docstring that a decorator shows to users."""
    names = {
        name
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if (name := getattr(node, "id", None) or getattr(node, "attr", None))
    }
    text = ast.get_docstring(function)
    return one_line(text) if text and names & DESCRIBING else None


def template_of(node: ast.JoinedStr) -> str:
    """Return an f-string with its gaps as the code writes them."""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )


def is_words(text: str) -> bool:
    """Return whether a string reads like words: two of them, or one with a capital."""
    if CODE.search(text) and not re.fullmatch(r"[A-Z][a-z]+", text):
        return False
    return bool(re.search(r"[A-Za-z]{2,}\W+[A-Za-z]|^[A-Z][a-z]+$", text))


def template_texts(text: str) -> Iterator[Text]:
    """Yield the text between the tags of a template."""
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r"<[^>]*>?|{%.*?%}|{{.*?}}|{#.*?#}", " ", line)
        attributes = re.findall(r'(?:aria-label|title|alt)="([^"]+)"', line)
        for found in (words, *attributes):
            if re.search(r"[A-Za-z]{3,}", found) and "{" not in words:
                yield number, one_line(found)


def toml_texts(text: str) -> Iterator[Text]:
    """Yield the values of a TOML file that read like words."""
    yield from ((0, one_line(value)) for value in values_of(tomllib.loads(text)) if " " in value)


def values_of(data: object) -> Iterator[str]:
    """Yield every string in nested data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from values_of(value)


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


if __name__ == "__main__":
    main(sys.argv[1])
