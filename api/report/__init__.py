"""The report of a stretch of time: gathered once as plain values, written as a page, as Markdown and as JSON."""
