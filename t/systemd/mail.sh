# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Mail through the machine's Postfix, and the books of it: what a client was told
# against what is in the mailboxes. After machine.sh.

# send FROM TO COUNT SUBJECT: in one session; the subjects are SUBJECT-1, -2 ...
# Prints "SUBJECT-N STAGE REPLY" for each.
send() {
	machine_net t/lib/smtp -m "$3" -f "$1" -t "$2" -H "Subject: $4-%n" 25 \
		2>&1 | awk -v s="$4" '{ print s "-" NR, $0 }'
}

# accepted, deferred FILE: how many of these were.
accepted() {
	grep -c ' DATA-END 2' "$1"
}
deferred() {
	grep -cE '^[^ ]+ [A-Z-]+ 4' "$1"
}

# letters USER SUBJECT: how many with subjects that begin like this are in the
# mailbox; once: and all of them once.
letters() {
	grep -c "^Subject: $2" "$tree/var/mail/$1" 2>/dev/null
}
once() {
	! grep "^Subject: $2" "$tree/var/mail/$1" | sort | uniq -d | grep -q .
}

queue_is_empty() {
	machine mailq | grep -q 'queue is empty'
}
all_is_delivered() {
	machine postqueue -f
	machine_wait_for 60 queue_is_empty
}

# used SUBJECT LIMIT: what its window has, as weirctl sees it.
used() {
	machine weirctl --json show "$1" | perl -MJSON::PP -0777 -ne '
		for (@{decode_json($_)->{windows}}) {
			print $_->{used} if $_->{limit} eq "'"$2"'" }'
}
# Does it have this much?
used_is() {
	[ "$(used "$1" "$2")" = "$3" ]
}

# People who go on writing to anna in the background, one letter after the other,
# each sent again until it is taken; each address writes at most $people_each.
people_each=30
people_start() {
	rm -f "$work/people.end"
	: >"$work/people"
	people_write "$1" &
	people_pid=$!
}
people_write() {
	local number=0 from id
	while [ ! -e "$work/people.end" ]; do
		from=$1$((number / people_each))@example.com
		id=$1-$number-
		if send "$from" anna@localhost 1 "$id" | grep ' DATA-END 2' \
			>>"$work/people"; then
			number=$((number + 1))
		else
			sleep 0.2
		fi
		sleep 0.05
	done
}
# people_go_on COUNT: waits until that many more were taken.
people_go_on() {
	machine_wait_for 60 people_have "$(($(accepted "$work/people") + $1))"
}
people_have() {
	[ "$(accepted "$work/people")" -ge "$1" ]
}
# Leaves the number of letters that were taken in $people_sent.
people_stop() {
	: >"$work/people.end"
	wait "$people_pid"
	# shellcheck disable=SC2034 # for those who source this
	people_sent=$(accepted "$work/people")
}

# journal UNIT [options]: its lines since the machine was started.
journal() {
	local unit=$1
	shift
	machine journalctl --no-pager -b -o cat -u "$unit" "$@"
}

restarts() {
	machine systemctl show -P NRestarts "$1"
}
# Was it restarted since, and is it there again?
came_back() {
	[ "$(restarts "$1")" -gt "$2" ] &&
		[ "$(machine systemctl is-active "$1")" = active ]
}

# quietly NAME COMMAND...: its words go to $work/NAME.
quietly() {
	local file=$work/$1
	shift
	"$@" >"$file" 2>&1
}
