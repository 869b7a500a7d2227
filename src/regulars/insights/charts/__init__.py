"""Charts as SVG: bars, lines, sparklines, the world map."""
