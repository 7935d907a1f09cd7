"""The daemon and its command: all input and output lives below here."""
