"""Small functions that formulas of activations call; a program holds only those that it needs."""

HELPERS: dict[str, str] = {
    "sigmoid": '''
        def sigmoid(z):
            """1 / (1 + e^-z), which keeps its digits however small it is."""
            return np.exp(-np.logaddexp(0, -z))
        ''',
    "normal_cdf": '''
        @np.vectorize
        def normal_cdf(z):
            """The chance that a normal variable is below z."""
            return math.erfc(-z / math.sqrt(2)) / 2
        ''',
    "erf": """
        erf = np.vectorize(math.erf)
        """,
    "sech2": '''
        def sech2(z):
            """1 - tanh(z)^2, but that would be exactly 0 from |z| = 19 on; this lasts to 372."""
            e = np.exp(-2 * np.abs(z))
            return 4 * e / (1 + e) ** 2
        ''',
    "Tanh": '''
        class Tanh(torch.autograd.Function):
            """tanh with its true slope: PyTorch's, 1 - tanh(z)^2, is exactly 0 from |z| = 19 on, this from 373."""

            @staticmethod
            def forward(ctx, z):
                ctx.save_for_backward(z)
                return torch.tanh(z)

            @staticmethod
            def backward(ctx, grad):
                (z,) = ctx.saved_tensors
                e = torch.exp(-2 * z.abs())
                return grad * (4 * e / (1 + e) ** 2)
        ''',
}
