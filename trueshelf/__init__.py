"""Trueshelf tells counterfeit and low-quality marketplace listings from genuine ones."""

__version__ = "0.1.0"
