#!/bin/sh
# A systemd of our own, as process 1 of a namespace: boot.sh REPOSITORY PYTHON-PREFIX PLACE. Its root is an overlay over this
# machine's, kept in memory: whatever happens in there is gone with it. None of this machine's units is started.
set -e
mount --make-rprivate /
place=$3
mount -t tmpfs tmpfs "$place"
cd "$place"
mkdir upper work root
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" root
cd root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p opt/smsd/src opt/smsd/python outside
mount --bind "$1" opt/smsd/src
mount --bind "$2" opt/smsd/python
# Of this machine's services none is to start, and of a gateway that is installed here nothing is to be seen.
rm -rf etc/systemd/system usr/lib/systemd/system/*.wants usr/lib/systemd/system/smsd* usr/lib/systemd/system-generators \
    usr/lib/tmpfiles.d usr/lib/sysusers.d etc/smsd var/lib/smsd usr/bin/smsd
mkdir -p etc/systemd/system usr/lib/tmpfiles.d usr/lib/sysusers.d
pivot_root . outside
umount -l /outside
# As process 1 does where it is not told that it runs in a container: credentials reach a service by propagation.
mount --make-rshared /
container=other exec /lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=no
