"""python -m app.export PART QUERY OUT: an offline file without a server; the query is what stands after ? in the lab."""

import sys
from pathlib import Path

from app.blas import one_thread

one_thread()

from app.export.file import PARTS, html, read  # noqa: E402 - after one_thread
from app.state import StateError, pairs_of  # noqa: E402


def main(part: str, query: str, out: str) -> int:
    """Writes the file and says how large it is; says what is wrong, and answers 1, where something is."""
    if part not in PARTS:
        print(f"There is no part {part!r}. There are: {', '.join(PARTS)}", file=sys.stderr)
        return 1
    try:
        text = html(part, *read(pairs_of(query.removeprefix("?").encode())))
    except StateError as error:
        print(error, file=sys.stderr)
        return 1
    Path(out).write_text(text)
    print(f"{out}: {Path(out).stat().st_size / 1024:.0f} KB, opens in a browser without server or network")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
