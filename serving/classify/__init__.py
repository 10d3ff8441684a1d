"""The scoring API, as a BentoML service (`python -m serving serve`)."""
