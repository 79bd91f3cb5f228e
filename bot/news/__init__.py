"""News: which article is whose, what changed in one that was told, and what a person reads of it."""
