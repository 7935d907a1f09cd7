"""Ways for an SMS to come in and go out. One file each; the loops know only the Protocol in base.py."""
