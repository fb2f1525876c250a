"""What is left out: every simplification of what is shown, from the declarations where they say it."""

from simulation.config import BUDGET, FIELDS, compact
from simulation.diagnosis import STABLE_DECADES
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS
from simulation.parameters import Number


def simplifications() -> list[tuple[str, str]]:
    """(what, why it matters), in the order of how much they matter."""
    epsilons = ", ".join(
        f"{norm.label} {norm.epsilon:.2g}" for norm in NORMALIZATIONS.values() if norm.over != "nothing"
    )
    made_up = ", ".join(option.label for key, option in INPUTS.items() if key != "digits")
    budget = "; ".join(f"{counted} at most {compact(most)}" for counted, _, most in BUDGET)
    depth = FIELDS["depth"]
    assert isinstance(depth, Number)
    return [
        ("At initialization", "Nothing has been trained yet. What is shown is where training would start."),
        ("A random output gradient", "In place of a loss, independent normal numbers of size 1 are put in at the output. So only ratios between layers mean anything, never absolute sizes: the verdict uses no threshold on them, and where a chart or table says what a number format would lose, it is for an output gradient of size 1."),
        ("Fully connected layers of one width", "No convolutions, attention, recurrence, pooling or dropout, and no separate output head."),
        ("Little data", f"Most inputs are made up ({made_up}). Real data are correlated and not centered feature by feature; the handwritten digits are the one example here."),
        ("Norms as they start", f"Gain 1 and shift 0, statistics of the very batch. Epsilons: {epsilons}."),
        ("Independent weights, normal biases", "Weights are drawn layer by layer; PyTorch draws its default biases uniformly, here they are normal."),
        ("One network at a time", "One seed is one draw. Narrow networks differ much from seed to seed: try some."),
        ("Averages", "A line is a root mean square over batch and units, or a Frobenius norm; the heatmaps show the spread."),
        ("Double precision", "Computed in float64 with the powers of two carried apart, so that no size is lost; a slope too small for float64 counts as 0. Where a norm cancels a gradient to less than 10^-15 of its parts (narrow layers, batch 2), what is left is rounding, as in any float64 code."),
        ("A verdict is a convention", f"A signal counts as stable while it changes by at most {STABLE_DECADES:g} decades over the depth."),
        ("A budget", f"Up to {depth.high:g} layers; {budget}."),
    ]  # fmt: skip
