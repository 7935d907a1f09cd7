"""What happens to a ticket, as a person at the complaints desk would decide it: values in, rows to write out.

Nothing here reads or writes anything; the loops and the commands do, in one transaction with what caused it.
"""
