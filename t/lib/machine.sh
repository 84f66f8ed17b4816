# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A machine of its own for a test: systemd as PID 1 of a tree, in namespaces,
# with a network of loopback alone. For root, after tree.sh; the tree is
# $machine_tree. When the PID namespace of the caller ends, it ends.

machine_tree=
machine_pid= # of its PID 1, here
machine_keeper= # of unshare, which waits for it

# Where a control group for it can be made; empty: nowhere.
machine_cgroup() {
	local root own
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ -n "$root" ] && [ -w "$root$own" ] && echo "${root}${own%/}/weir-$$"
}

# machine_cgroup_remove DIRECTORY: when all in it have ended.
machine_cgroup_remove() {
	[ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# machine_boot CGROUP: returns when nothing is left to start.
machine_boot() {
	mkdir -p "$1" || return
	# shellcheck disable=SC2016 # of that bash
	unshare --mount --pid --uts --ipc --net --fork --kill-child \
		bash -c 'echo $$ >"$1/cgroup.procs" || exit
			exec unshare --cgroup "$2" "$3"' \
		machine "$1" "$PWD/t/lib/machine" "$machine_tree" &
	machine_keeper=$!
	machine_wait_for 30 machine_is_init || return
	machine_wait_for 60 machine_is_up
}

machine_is_init() {
	machine_pid=$(pgrep -P "$machine_keeper") &&
		[ "$(cat "/proc/$machine_pid/comm")" = systemd ]
}

machine_is_up() {
	local state
	state=$(machine systemctl is-system-running 2>/dev/null)
	[ "$state" = running ] || [ "$state" = degraded ]
}

# machine_wait_for SECONDS COMMAND...: true as soon as that succeeds.
machine_wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# machine COMMAND...: in it, as root, with nothing of the caller's environment.
machine() {
	nsenter --target "$machine_pid" --mount --pid --uts --ipc --net \
		--cgroup --root --wd env -i HOME=/root \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# machine_net COMMAND...: a program of this machine, in the network of that one.
machine_net() {
	nsenter --target "$machine_pid" --net "$@"
}

# machine_end VERB: reboot or poweroff, as systemctl has them; leaves the exit
# code of its PID 1: 129 when it asked for a reboot, 130 for the end.
machine_end() {
	machine systemctl --no-block "$1"
	wait "$machine_keeper" 2>/dev/null
}
