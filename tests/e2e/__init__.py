"""The real `annuncio`, started as users start it, against the tests' own Bot API server and in terminals."""
