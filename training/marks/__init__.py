"""Brand marks: true ones drawn from their outlines, wrong ones made of them, and the networks that learn from both."""
