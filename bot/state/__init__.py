"""What is kept: the tables, the rows of people, and what is owed to them."""
