"""The marketplace simulator: suppliers behind operators behind shops behind listings, with known truth.

Everything that it makes is invented; `datasets/market/README.md` says how, with every rate.
"""

from training.data.market.build import build_market, simulate

__all__ = ["build_market", "simulate"]
