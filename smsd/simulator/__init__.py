"""A GSM modem on a pseudo-terminal with a mobile network behind it, so that the whole gateway runs on any computer.

Nothing of the daemon knows this package: libGammu opens the pseudo-terminal as it would open ``/dev/ttyUSB0``. Start
with :func:`smsd.simulator.simulator.open_simulator`; other processes use the socket of :mod:`smsd.simulator.control`.
"""
