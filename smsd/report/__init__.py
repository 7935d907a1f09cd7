"""`smsd report`: what happened in a month or a year, for whoever reads figures; never a text, a number or a code."""
