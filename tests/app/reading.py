"""What a reader sees of Dash components."""


def words(children: object) -> str:
    """The text of Dash children."""
    if children is None or isinstance(children, str | int | float):
        return str(children if children is not None else "")
    if isinstance(children, list | tuple):
        return "".join(words(child) for child in children)
    return words(children.children)  # type: ignore[attr-defined]
