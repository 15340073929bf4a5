"""Charts as SVG text: pure functions of plain values, for pages without scripts, addresses and inline styles."""
