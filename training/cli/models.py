"""`python -m training evaluate`, `promote` and `compare`: what a registered model is worth."""

from training.cli.output import AsJson


def evaluate(*, as_json: AsJson = False) -> None:
    """Measure a model on a dataset's test part."""
    raise ValueError(f"not written yet (--json {as_json})")


def promote(*, as_json: AsJson = False) -> None:
    """Put a model through the gate and give it the alias `champion`."""
    raise ValueError(f"not written yet (--json {as_json})")


def compare(*, as_json: AsJson = False) -> None:
    """Show two models side by side."""
    raise ValueError(f"not written yet (--json {as_json})")
