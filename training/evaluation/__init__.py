"""What a model is worth: measures with intervals, slices, the promotion gate, plots and the model card."""
