"""A real Postfix around the real daemon: mail out to agencies whose servers misbehave, and their answers back in.

    python -m bench.postfix                 all scenarios, over the Unix socket; prints a table, exits 1 if one fails
    python -m bench.postfix --lmtp tcp      the same over TCP

Needs Postfix (Debian: apt install postfix) and root, which Postfix needs to start. It runs an instance of its own on
loopback ports, with queue and configuration in a temporary folder; one that the machine has already is not touched.
The configuration under test is examples/postfix, which docs/mail.md tells operators to copy.
"""
