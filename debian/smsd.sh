#!/bin/sh
# The command smsd. Root becomes the user smsd first, so that nothing in /var/lib/smsd ever belongs to root, and
# `sudo smsd doctor` tests what the service may do; sudo's caller stays the name in the timelines. Only `setup` is root's.
if [ "$(id -u)" = 0 ] && [ "${1-}" != setup ] && id smsd >/dev/null 2>&1; then
    export HOME=/var/lib/smsd
    exec setpriv --reuid=smsd --regid=smsd --init-groups /usr/lib/smsd/bin/smsd "$@"
fi
exec /usr/lib/smsd/bin/smsd "$@"
