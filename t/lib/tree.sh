# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Bare Debians by debootstrap, and what is put on top of them, each kept as one
# file in build/trees for the next run (`make clean` removes them). For root in a
# mount and a PID namespace of its own, so that nothing stays mounted or runs on.
# $work is a directory of the caller. TREE=DIRECTORY is a tree that is there
# already, instead of debootstrap.

tree_keep=$PWD/build/trees

tree_fail() {
	echo "tree: $*" >&2
	exit 1
}

# Where this machine's apt gets Debian from; empty: debootstrap's default.
tree_mirror() {
	# shellcheck disable=SC2016 # apt replaces these
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian Debian //p' | head -n 1
}

# tree_save NAME DIRECTORY
tree_save() {
	mkdir -p "$tree_keep"
	tar -C "$2" --one-file-system -cf "$tree_keep/$1.part.$$" . &&
		mv "$tree_keep/$1.part.$$" "$tree_keep/$1.tar" || exit 1
}

# tree_pristine SUITE: as debootstrap leaves it.
tree_pristine() {
	[ ! -e "$tree_keep/$1.tar" ] || return 0
	if [ -n "${TREE:-}" ]; then
		tree_save "$1" "$TREE"
		return
	fi
	echo "# debootstrap $1"
	debootstrap --variant=minbase "$1" "$work/pristine" "$(tree_mirror)" \
		>"$work/debootstrap" 2>&1 || {
		tail "$work/debootstrap" >&2
		tree_fail "debootstrap could not make a $1"
	}
	tree_save "$1" "$work/pristine"
	rm -rf "$work/pristine"
}

# A file system that allows no devices allows them in $work.
tree_allow() {
	mount --bind "$work" "$work" &&
		mount -o remount,bind,dev,suid,exec "$work" || exit 1
}

# tree_make NAME DIRECTORY: the tree that was saved under this name.
tree_make() {
	mkdir "$2" && tar -C "$2" -xf "$tree_keep/$1.tar" || exit 1
}

# The way to the packages as this machine has it, and no questions.
tree_share_apt() {
	{
		apt-config dump Acquire | grep -i '::proxy\|::check-'
		echo 'APT::Get::Assume-Yes "true";'
	} >"$1/etc/apt/apt.conf.d/90bare"
	cp /etc/hosts /etc/resolv.conf "$1/etc"
}

tree_mount() {
	mount -t proc proc "$1/proc" &&
		mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 \
			devpts "$1/dev/pts" &&
		mount -t tmpfs -o mode=1777 shm "$1/dev/shm" || exit 1
}
tree_unmount() {
	umount "$1/dev/shm" "$1/dev/pts" "$1/proc"
}

# tree_in TREE COMMAND...: with root's environment, and nothing of the caller's.
tree_in() {
	local tree=$1
	shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
		${http_proxy:+http_proxy="$http_proxy"} \
		chroot "$tree" "$@" </dev/null
}
