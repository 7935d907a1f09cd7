"""Settings and the shipped data: what a city may change without touching code."""
