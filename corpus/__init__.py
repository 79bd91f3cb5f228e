"""What was announced: articles, their editions, and the sources that they come from."""
