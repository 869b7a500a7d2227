"""Charts as SVG: bar charts, sparklines, the world map."""
