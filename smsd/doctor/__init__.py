"""`smsd doctor`: what is well, what is not, and the cure for each; every check stands alone and has a time limit."""
