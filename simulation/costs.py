"""multiply_adds(config): what one forward and one backward pass cost, counted from the config."""

from simulation.config import NetworkConfig
from simulation.normalizations import NORMALIZATIONS

# Per entry that is normalized, forward and backward, by whether the mean is taken out. Forward: the sum,
# taking the mean out, the sum of squares, the division. Backward: the sums of g and of g y, taking both out,
# the division. Without a mean: forward the sum of squares and the division, backward one sum, one term, the division.
_NORM_PER_ENTRY = {True: 4 + 5, False: 2 + 3}
# Per entry and skip: scaling and adding the branch forward; scaling its gradient and adding the two backward.
_SKIP_PER_ENTRY = 1 + 2


def multiply_adds(config: NetworkConfig) -> int:
    """Multiply-adds of one pass: products with W forward, for delta and for dW backward (in layer 1, too); norms; skips.

    Biases and activations are not counted. A norm costs more time than its count: its work is on single entries.
    """
    per_layer = config.batch * config.width
    count = 3 * per_layer * (config.features + (config.depth - 1) * config.width)
    normalization = NORMALIZATIONS[config.normalization]
    if normalization.over != "nothing":
        entries = config.batch * (config.given_to_phi(0) + (config.depth - 1) * config.width)
        count += _NORM_PER_ENTRY[normalization.centered] * entries
    if config.residual != "none":
        skips = config.blocks - (not config.first_is_square)
        count += _SKIP_PER_ENTRY * skips * per_layer
    return count
