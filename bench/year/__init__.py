"""A year of one district in simulated time, through the real loops, on a real database and a real mail server.

Ten thousand citizens report. Agencies answer, dawdle, ask, decline, refuse, put off, write in their own words, are
away, bounce or stay silent; citizens confirm, object, answer or say nothing. The database's own clock is put forward
from hour to hour, and at the end every deadline, reminder and closing is held against what another calculation expects
of the timeline: on the right working day, once.

    python -m bench.year --tickets 10000 --seed 1708
"""
