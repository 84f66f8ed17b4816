# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Traffic that goes on beside a test, in slices of about a second, and the
# books of who was let in. After servers.sh and postfix.sh. Each slice is a
# line of $work/slice.*: its end in ms, milter, pid of the milter, kind
# (cold, hot, smtp), accepted, refused, told to come back, lost.

traffic_connections=4 # of the load on one milter
traffic_hot=0         # number of the sender that goes over its limit
traffic_pids=()
# What can be under way at one moment: that, and one session of SMTP.
# shellcheck disable=SC2034 # for those who source this
traffic_sessions=$((2 * traffic_connections + 1))

traffic_number() {
	[[ ! $2 =~ \"$1\":([0-9]+) ]] || echo "${BASH_REMATCH[1]}"
}

# traffic_load NAME KIND [options of the load]: one slice; nothing is written
# where there is no milter to talk to.
traffic_load() {
	local name=$1 kind=$2 pid out
	shift 2
	pid=$(cat "$work/$name.pid" 2>/dev/null) || return 0
	out=$("$BUILD/t/bench/load" -j -S "unix:$work/run/$name.sock" -t 2 \
		-c "$traffic_connections" "$@" 2>>"$work/load.err")
	[ -n "$out" ] || return 0
	echo "$((${EPOCHREALTIME/[.,]/} / 1000)) $name $pid $kind" \
		"$(traffic_number accepted "$out")" \
		"$(traffic_number rejected "$out")" \
		"$(traffic_number tempfailed "$out")" \
		"$(traffic_number lost "$out")"
}

# traffic_smtp NAME: the same through the Postfix whose milter NAME is.
traffic_smtp() {
	local pid
	pid=$(cat "$work/$1.pid" 2>/dev/null) || return 0
	tool smtp -m 10 -f people@bench.example \
		-t list@rcpt.example "$postfix_port" 2>>"$work/load.err" |
		awk -v head="$(date +%s%3N) $1 $pid smtp" '
		/^DATA-END 2/ { accepted++; next }
		/^[A-Z-]+ 5/ { refused++; next }
		/^[A-Z-]+ 4/ { later++; next }
		{ lost++ }
		END { print head, accepted + 0, refused + 0, later + 0, lost + 0 }'
}

# traffic_go_on FILE COMMAND...: until there is $work/traffic.end, or no $work
# any more (however the test ended); it waits
# while there is $work/traffic.pause.
traffic_go_on() {
	local file=$1
	shift
	while [ -d "$work" ] && [ ! -e "$work/traffic.end" ]; do
		if [ -e "$work/traffic.pause" ]; then
			: >"$file.paused"
			sleep 0.05
			continue
		fi
		rm -f "$file.paused"
		"$@" >>"$file"
		sleep 0.1
	done
}

traffic_slices() {
	traffic_load "$1" cold -m 250 -s 50
	traffic_load "$1" hot -m 12 -s 1 -f "$traffic_hot"
}

# traffic_begin HOT: on the milters a and b, and by SMTP on b.
traffic_begin() {
	traffic_hot=$1
	rm -f "$work"/traffic.{end,pause} "$work"/slice.*
	: >"$work/slice.none"
	traffic_go_on "$work/slice.a" traffic_slices a &
	traffic_pids=($!)
	traffic_go_on "$work/slice.b" traffic_slices b &
	traffic_pids+=($!)
	[ -z "${postfix_port:-}" ] || {
		traffic_go_on "$work/slice.smtp" traffic_smtp b &
		traffic_pids+=($!)
	}
}
traffic_end() {
	: >"$work/traffic.end"
	wait "${traffic_pids[@]}"
}

traffic_is_paused() {
	[ "$(find "$work" -name 'slice.*.paused' | wc -l)" -eq \
		"${#traffic_pids[@]}" ]
}
traffic_pause() {
	: >"$work/traffic.pause"
	wait_for 30 traffic_is_paused
}
traffic_resume() {
	rm -f "$work/traffic.pause"
}

# traffic_sum COLUMN [CONDITION]: of the slices of this traffic; traffic_all:
# of all of them since the books were begun. Columns and conditions are awk's:
# 5 accepted, 6 refused, 7 told to come back, 8 lost.
traffic_sum() {
	cat "$work"/slice.{none,a,b,smtp} 2>/dev/null |
		awk "${2:-1} { n += \$$1 } END { printf \"%d\\n\", n }"
}
traffic_all() {
	awk "${2:-1} { n += \$$1 } END { printf \"%d\\n\", n }" \
		"$work/traffic.book"
}
traffic_enter() {
	cat "$work"/slice.{none,a,b,smtp} 2>/dev/null >>"$work/traffic.book"
}
