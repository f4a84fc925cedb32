"""One module per command. A command parses its options and calls the pipeline."""
