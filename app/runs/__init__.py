"""Runs: training outside the web workers. The web asks at the desk, a trainer works, the store is between them."""
