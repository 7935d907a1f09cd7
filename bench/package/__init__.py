"""The Debian package on a clean Debian 12: installed, set up, served, upgraded, removed and purged.

    python -m bench.package                       builds two versions, makes the root by debootstrap, plays all; a table
    python -m bench.package --debs OLD NEW        with packages that are there
    python -m bench.package --root ROOT           with a root that debootstrap has made; it is copied, not changed

Needs root, debootstrap (Debian: apt install debootstrap) and what `make deb` needs, and ten minutes. In the root there
is no systemd: PostgreSQL, Postfix, the simulated modem and smsd are started by hand, smsd as its unit says. From the
installation on everything runs in a network of its own that has loopback only.
"""
