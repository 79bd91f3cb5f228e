"""How often the bot is right: questions with known answers, put to it as people put theirs."""
