"""Questions for paper about one network: each can be answered from its charts and its table of numbers."""

from math import isinf

from simulation.config import NetworkConfig
from simulation.diagnosis import FORMATS, Verdict
from simulation.sentences import factor, percent

ROWS = 12  # of the table, at most: it stays on one page


def questions(verdict: Verdict, config: NetworkConfig) -> tuple[str, ...]:
    """Four questions on the network as set: on the error signal, on dW, on number formats, and one to try."""
    return _signal(verdict), _weights(verdict), _numbers(verdict, config), _change(verdict)


def layers(depth: int) -> tuple[int, ...]:
    """The layers of the table's rows (1-based): all, or the first, the last and evenly between."""
    rows = min(depth, ROWS)
    return tuple(1 + round(row * (depth - 1) / max(rows - 1, 1)) for row in range(rows))


def _signal(verdict: Verdict) -> str:
    delta, depth = verdict.delta, verdict.depth
    if verdict.state == "dead":
        return f"From layer {verdict.dies_at} down the error signal is exactly 0, not just small. What in this network makes it so, and why can no layer below learn anything?"
    if depth == 1:
        return "There is one layer. What would a second one multiply the error signal by? Name everything that it depends on."
    if isinf(delta.decades):
        return f"At layer {depth} the error signal is exactly 0, at layer 1 it is not. Which way did it take?"
    if delta.state == "vanishing":
        return f"On average a layer is said to keep {percent(delta.factor_per_layer)} of the error signal. Show it with two rows of the table. Is it the same factor everywhere?"
    return f"On average a layer is said to change the error signal by {factor(delta)}. Show it with two rows of the table. Is it the same factor everywhere?"


def _weights(verdict: Verdict) -> str:
    if verdict.state == "dead":
        return (
            "Which layers have a weight gradient dW other than 0? What will the others do when the network is trained?"
        )
    if verdict.two_stories:
        return "δ and dW tell different stories here. dW is δ times the layer's input: explain the difference by the column of h."
    return "Which layer has the largest weight gradient dW, and which the smallest? What does that mean for one learning rate for all layers?"


def _numbers(verdict: Verdict, config: NetworkConfig) -> str:
    fmt = FORMATS["float32"]
    lost = verdict.formats["float32"]["delta"].first_zero
    if verdict.state == "vanishing" and lost:
        return f"A float32 at or below 10^{fmt.log10_zero:.1f} rounds to 0. At which layer is the error signal lost? Check by the table."
    if verdict.state == "vanishing":
        return f"A float32 at or below 10^{fmt.log10_zero:.1f} rounds to 0. How many layers of this kind would it take to lose the error signal?"
    if verdict.state == "exploding":
        return f"A float32 at or above 10^{fmt.log10_overflow:.1f} overflows. How many layers of this kind would it take for the error signal?"
    return f"Predict δ at layer 1 of the same network with {2 * config.depth} layers. What do you assume?"


def _change(verdict: Verdict) -> str:
    if verdict.state in ("stable", "mixed"):
        return "Name one setting whose change would make the error signal vanish, and one that would make it explode. Write down what you expect, then open the address and try."
    return "Which one change would help this network most? Write down the δ at layer 1 that you expect, then open the address and try."
