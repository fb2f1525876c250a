"""Small registries of choices that training adds."""

from simulation.options import Option
from simulation.registry import Registry

HEADS: Registry[Option] = Registry(
    Option("torch_linear", "PyTorch Linear", "Weights and biases U(-1, 1) / sqrt(fan_in), as nn.Linear draws them."),
    Option("same", "as the layers", "Drawn as the layers' weights are, biases 0."),
    Option("zeros", "zeros", "Every output starts at 0: the first loss is that of knowing nothing."),
)

SCHEDULES: Registry[Option] = Registry(
    Option("constant", "constant", "The same learning rate in every step."),
    Option("warmup", "warm-up", "Rises in a straight line over the first tenth of the run."),
    Option("cosine", "cosine", "Falls to 0 along half a cosine (Loshchilov and Hutter 2017)."),
)

CLIPS: Registry[Option] = Registry(
    Option("none", "none", "Gradients are used as they are."),
    Option(
        "norm", "by global norm", "If all gradients together are longer than the threshold, all are shortened alike."
    ),
    Option("value", "by value", "Every entry beyond the threshold is cut off at it."),
)

LEARNED: Registry[Option] = Registry(
    Option("biases", "biases", "The number that each unit adds to its sum, and the head's."),
    Option("norms", "gains of norms", "Gamma and beta, by which a norm scales and shifts what it has normalized."),
)

PRECISIONS: Registry[Option] = Registry(
    Option("float32", "float32", "What most networks are trained in: twice as fast, 7 digits."),
    Option("float64", "float64", "16 digits."),
)  # fmt: skip
