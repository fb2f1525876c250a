"""One page a file: PATH, TITLE, layout(**query), register(app, traces)."""
