"""Training on the page: its state, its drawing."""
