"""What those who run the bot do with it: watch sources, decide about drafts, add articles, read the figures."""
