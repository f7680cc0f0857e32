#!/bin/sh
# First process of the lab kernel: mounts what Node and the drivers need, runs one program, switches off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run UV_THREADPOOL_SIZE=16 TMPDIR=/run/tmp NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mkdir /run/tmp
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs shm /dev/shm
mount -t configfs config /sys/kernel/config
ip link set lo up
for word in $(cat /proc/cmdline); do
  case $word in lab.*=*) export "LAB_${word#lab.}" ;; esac
done
# The root is read-only and the host's: the one folder of it that may be written.
mkdir -p /run/out
mount -t hostfs -o "$LAB_out" none /run/out
cd "$LAB_root" || echo "no $LAB_root"
"$LAB_node" "$LAB_script"
echo "LAB-EXIT $?"
# Switches off without the programs that a small system may lack.
echo o >/proc/sysrq-trigger
sleep 5
