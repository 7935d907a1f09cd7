"""PostgreSQL: opening it, its schema, its queries, and the seal on phone numbers."""
