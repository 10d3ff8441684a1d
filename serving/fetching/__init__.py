"""Photos that a listing names by their address: fetched from hosts that the operator allows, and from nowhere else."""
