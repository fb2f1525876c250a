"""The list of what others wrote names all that the application asks for, as it is pinned, and a licence for each."""

from docs import licences


def test_all_that_is_asked_for_is_listed():
    listed = [line.split(" | ") for line in licences.FILE.read_text().splitlines() if line.startswith("| ")][1:]
    versions = {name.removeprefix("| ").lower().replace("_", "-"): version for name, version, _ in listed}
    for one in licences.wanted((licences.ROOT / "requirements.txt").read_text()):
        assert one.specifier.contains(versions[one.name.lower().replace("_", "-")])
    assert "plotly.js-cartesian-dist-min (npm)" in versions


def test_each_has_a_licence():
    assert "see the package" not in licences.document()
