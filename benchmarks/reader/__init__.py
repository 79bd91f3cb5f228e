"""The training of the reader: examples, network, training, export. See "The reader" in README.md."""
