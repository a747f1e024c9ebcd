"""Pictures: inline SVG from findings, by pure functions. Each comes in two widths; its table says the same in figures."""
