"""Understands and remembers: what Quanshi knows of a city's video network."""

__version__ = "0.1.0"
