"""The only stateful package: server, settings, cache, and the pages' wiring."""
