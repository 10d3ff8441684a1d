"""What scores tables: where they lie, how they are read, and how a run that was killed goes on."""
