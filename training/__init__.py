"""The data scientists' app: from a dataset folder to a registered, promoted model. Run `python -m training --help`."""
