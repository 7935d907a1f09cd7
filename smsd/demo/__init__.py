"""The whole service on one laptop: a simulated modem, a mailbox for all agencies, and the real daemon between them."""
