"""What the heatmap of layers and steps can show."""

from dataclasses import dataclass

from simulation.registry import Registry


@dataclass(frozen=True)
class Quantity:
    """A measure of each layer in each step. record: its name in the records, a log10 where that says so."""

    key: str
    label: str
    summary: str
    record: str

    @property
    def logarithmic(self) -> bool:
        return self.record.startswith("log10_")


QUANTITIES: Registry[Quantity] = Registry(
    Quantity("weight_grad", "gradient |dW|", "How large each layer's weight gradient is: what the optimizer is given.", "log10_weight_grad_norm"),
    Quantity("delta", "error signal δ", "How much of the loss's error signal arrives at each layer.", "log10_delta_rms"),
    Quantity("update", "update / weight", "How far a step moves each layer's weights, relative to their size; about 1/1000 is healthy.", "log10_update_ratio"),
    Quantity("activation", "activation", "How large the signal is that each layer passes on.", "log10_activation_rms"),
    Quantity("dead", "dead units", "The share of each layer's units whose slope is exactly 0 for the whole batch.", "dead_fraction"),
)  # fmt: skip
