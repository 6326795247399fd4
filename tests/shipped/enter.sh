#!/bin/sh
# `unshare -mpfui sh enter.sh ROOT GROUP`: systemd as process 1 of a Debian root, in a control group
# of its own. nspawn does the same where it may; many sandboxes forbid it.
set -e
root=$1
group=$2
if [ "$group" ]; then
    mount --make-rprivate /
    mkdir -p "$root/cgroup"
    mount -t cgroup2 none "$root/cgroup"
    mkdir "$root/cgroup/$group"
    echo 0 > "$root/cgroup/$group/cgroup.procs"
    umount "$root/cgroup"
    rmdir "$root/cgroup"
    exec unshare -C sh "$0" "$root" ""
fi
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm .old
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
hostname bordercast-test
pivot_root . .old
cd /
umount -l .old
rmdir .old
exec env -i container=unshared PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init </dev/null
