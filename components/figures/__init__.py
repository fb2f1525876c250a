"""One figure a file; each is a plain dict with typed arrays, quick to build and to send."""
