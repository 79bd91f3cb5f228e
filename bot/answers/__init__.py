"""From a question to an answer: ranked, read, judged and worded out of the library."""
