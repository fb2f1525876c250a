"""Offline files: a part of the lab as one HTML file with sliders, that needs neither this server nor a network."""
