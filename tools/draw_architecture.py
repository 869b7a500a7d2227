"""Draw docs/architecture.svg from the imports: a box for each package, in the contract's layers.

    python tools/draw_architecture.py

The layers come from pyproject.toml and the arrows from the code, so the picture cannot disagree
with either. An arrow is left out where a way through other packages implies it. A test fails
when the file is out of date.
"""

import tomllib
from collections import Counter
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
WIDTH, TOP, ROW = 760, 12, 92
BOX_WIDTH, BOX_HEIGHT = 176, 48
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2933; text-anchor: middle }
.small { font-size: 11px; fill: #616e7c }
rect { fill: #f5f7fa; stroke: #9aa5b1; rx: 6 }
path { fill: none; stroke: #7b8794; }
marker path { fill: #7b8794; stroke: none }
""".strip()

TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
)

Pair = tuple[str, str]
Place = tuple[float, float]


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(drawing(), "utf-8")
    print(f"Wrote {PICTURE.relative_to(ROOT)}")


def drawing() -> str:
    """Return the picture as SVG."""
    graph = grimp.build_graph("regulars", cache_dir=None)
    layers = package_layers()
    places = positions(layers)
    sizes = Counter(package_of(module) for module in graph.modules)
    imports = package_imports(graph)
    height = TOP + ROW * len(layers) - ROW + BOX_HEIGHT + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Packages of Regulars: each imports only packages below it</title>",
        f"<style>{STYLE}</style>",
        TIP,
        *(arrow(places[a], places[b], imports[a, b]) for a, b in direct(imports)),
        *(box(name, sizes[name], place) for name, place in places.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def package_layers() -> list[list[str]]:
    """Return the packages of each layer, top layer first, from the import contract."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    [contract] = [
        one for one in settings["tool"]["importlinter"]["contracts"] if one.get("exhaustive")
    ]
    layers = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    return [layer for layer in layers if layer != ["__main__"]]


def package_imports(graph: grimp.ImportGraph) -> Counter[Pair]:
    """Return how many modules of one package import a module of another, by the two names."""
    counts: Counter[Pair] = Counter()
    for module in graph.modules:
        importer = package_of(module)
        imported = {package_of(one) for one in graph.find_modules_directly_imported_by(module)}
        counts.update((importer, one) for one in imported - {importer, ""} if importer)
    return Counter({pair: n for pair, n in counts.items() if "__main__" not in pair})


def direct(imports: Counter[Pair]) -> list[Pair]:
    """Return the imports that no longer way through other packages implies, sorted."""
    ways = set(imports)
    for middle in {importer for importer, _ in imports}:
        ways |= {(a, d) for a, b in ways if b == middle for c, d in ways if c == middle}
    packages = {name for pair in imports for name in pair}
    return sorted((a, b) for a, b in imports if not any({(a, c), (c, b)} <= ways for c in packages))


def package_of(module: str) -> str:
    """Return the package that a module belongs to, empty for the root."""
    return module.partition(".")[2].partition(".")[0]


def positions(layers: list[list[str]]) -> dict[str, Place]:
    """Return the top left corner of each package's box."""
    places: dict[str, Place] = {}
    for row, layer in enumerate(layers):
        gap = (WIDTH - BOX_WIDTH * len(layer)) / (len(layer) + 1)
        for column, name in enumerate(layer):
            places[name] = (gap + column * (BOX_WIDTH + gap), TOP + row * ROW)
    return places


def box(name: str, modules: int, place: Place) -> str:
    """Return a package as a box with its name and size."""
    x, y = place
    middle = x + BOX_WIDTH / 2
    files = "1 module" if modules == 1 else f"{modules} modules"
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}"/>'
        f'<text x="{middle:.0f}" y="{y + 20:.0f}">{escape(name)}</text>'
        f'<text class="small" x="{middle:.0f}" y="{y + 37:.0f}">{files}</text>'
    )


def arrow(start: Place, end: Place, imports: int) -> str:
    """Return a curve from the foot of one box to the top of another, wider for more imports."""
    x1, y1 = start[0] + BOX_WIDTH / 2, start[1] + BOX_HEIGHT
    x2, y2 = end[0] + BOX_WIDTH / 2, end[1]
    bend = max((y2 - y1) / 2, 20)
    width = min(1 + imports / 8, 3)
    return (
        f'<path d="M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} '
        f'{x2:.0f} {y2:.0f}" stroke-width="{width:.1f}" marker-end="url(#tip)"/>'
    )


if __name__ == "__main__":
    main()
