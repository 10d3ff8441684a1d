"""The app that answers: listings in, verdicts out, over HTTP or from a table (`python -m serving --help`)."""
