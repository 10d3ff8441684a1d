"""Every claim of speed or accuracy as a command: `python -m benchmarks.NAME [--json] [--quick]`."""
