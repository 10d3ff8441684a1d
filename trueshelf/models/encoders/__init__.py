"""Photos and texts to vectors. The names exported here need neither torch nor transformers."""
