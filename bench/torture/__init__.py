"""Whether anything is lost, repeated or stuck: the real daemon under load, and everything around it breaking.

    python -m bench.torture [--seed N] [--sms N] [--modems N] [--kills N] [--database-kills N] [--unplugs N] ...

Around it are simulated modems with their networks, a PostgreSQL of its own, and a mail server with officials who
answer. All of it is drawn from the seed. At the end everything is mended, and when nothing is under way any more, what
the networks and the mail server have seen is held against the database.
"""
