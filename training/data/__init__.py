"""Dataset folders: how they are written, imported, split, checked and shown, and the marketplace simulator."""
