"""What is going on, for `smsd top`: read from the database alone, and drawn for a terminal."""
