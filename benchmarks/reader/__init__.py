"""The training of the reader: examples, network, training, export. See README, "The reader"."""
