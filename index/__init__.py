"""How passages are found: the encoder, the vector store and what keeps it true to the corpus."""
