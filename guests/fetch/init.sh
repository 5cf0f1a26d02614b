#!/bin/busybox sh
# The first process of the Linux guest. Words of the kernel command line that it knows:
#   hvsim.mods=base,pci,xen,9p   which lists of modules to load (base unless given; none: no list)
#   root=/dev/vda                go on in this ext4 file system: its /sbin/init becomes the first process
#   hvsim.root=/dev/vda          mount this ext4 file system on /mnt
#   hvsim.chroot                 run the command inside /mnt
#   hvsim.run="COMMAND"          run the command by sh -c, then power off
#   hvsim.end=poweroff|reboot|halt   what follows the command
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
/bin/busybox mkdir -p /dev/pts /dev/shm
/bin/busybox mount -t devpts devpts /dev/pts
/bin/busybox mount -t tmpfs tmpfs /tmp
exec </dev/console >/dev/console 2>&1
/bin/busybox --install -s /bin 2>/dev/null
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=vt100 PS1='hvsim# '
read -r cmdline </proc/cmdline
cmdline=" $cmdline"

# option NAME: its value in $value, from NAME=VALUE, NAME="VALUE" or "NAME=VALUE"
option() {
  value=${cmdline#*"$1="}
  [ "$value" = "$cmdline" ] && value= && return
  before=${cmdline%%"$1="*} end=' '
  [ "${before%'"'}" = "$before" ] || end='"'
  [ "${value#'"'}" = "$value" ] || { value=${value#'"'} end='"'; }
  value=${value%%"$end"*}
}

# mark TEXT: a line that scripts can wait for; %UP becomes the seconds since the kernel started
mark() {
  read -r up _ </proc/uptime
  echo "HVSIM-MARK ${1%%%UP*}up=$up${1#*%UP}"
}

mark "init %UP cpus=$(grep -c ^processor /proc/cpuinfo)"

option hvsim.mods
for list in $(echo "${value:-base}" | tr ',' ' '); do
  [ -f "/etc/mods.$list" ] || continue
  while read -r module; do
    [ -d "/sys/module/$module" ] || insmod "/lib/hvsim/$module.ko" || echo "insmod $module failed"
  done <"/etc/mods.$list"
done

# mount_disk DEVICE: mounts it on /mnt, when it is there
mount_disk() {
  tries=0
  while [ ! -b "$1" ] && [ $tries -lt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  mount -t ext4 "$1" /mnt || { echo "HVSIM-MARK mount-failed $1"; false; }
}

option ' root'
if [ -n "$value" ] && mount_disk "$value"; then
  for dir in proc sys dev; do mount --move "/$dir" "/mnt/$dir"; done
  exec switch_root /mnt /sbin/init </mnt/dev/console >/mnt/dev/console 2>&1
fi

option hvsim.root
root=$value
if [ -n "$root" ]; then
  mount_disk "$root"
  for dir in proc sys dev tmp; do
    mkdir -p "/mnt/$dir"
    mount --bind "/$dir" "/mnt/$dir"
  done
fi

mark "shell-ready %UP $(uname -r -m)"

option hvsim.run
if [ -n "$value" ]; then
  mark "run-start %UP"
  case " $cmdline " in
    *" hvsim.chroot "*) chroot /mnt /bin/busybox sh -c "$value" ;;
    *) sh -c "$value" ;;
  esac
  mark "run-exit rc=$? %UP"
  if [ -n "$root" ]; then
    sync
    umount /mnt/proc /mnt/sys /mnt/dev /mnt/tmp
    umount /mnt
  fi
  option hvsim.end
  case $value in
    reboot) reboot -f ;;
    halt) halt -f ;;
    *) poweroff -f ;;
  esac
fi

while :; do
  setsid cttyhack sh || sh
done
