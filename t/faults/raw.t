#!/bin/bash
# SPDX-License-Identifier: ISC
# What a milter hears when its peer is broken or hostile: see t/lib/raw_milter.
# Whatever comes, the next message is served, only its own subject is counted,
# and the log has one line for it, without a byte that a terminal obeys.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
limits = (
  { name = "sender-minute"; key = "sender"; max = 1000; per = "1m";
    action = "tempfail"; },
  { name = "sender-hour"; key = "sender"; max = 1000; per = "1h";
    action = "reject"; }
);
EOT
} | weir_config a
weir_start a -v

raw() {
	t/lib/raw_milter "$work/run/a.sock" "$1"
}

# The subjects that have windows.
subjects() {
	redis --raw EVAL '
		local found, list = {}, {}
		for _, key in ipairs(redis.call("KEYS", "weir:{sender*")) do
			local subject = key:match("^weir:{(.-)}:sender%-%a+:1[mh]$")
			found[subject or key] = true
		end
		for subject in pairs(found) do list[#list + 1] = subject end
		return list' 0
}
forget() {
	redis EVAL '
		for _, key in ipairs(redis.call("KEYS", "weir:{sender*")) do
			redis.call("DEL", key)
		end' 0 >/dev/null
}
log_lines() {
	tail -n "+$((log_start + 1))" "$work/a.log"
}
# descriptors and threads
held() {
	local pid
	pid=$(weir_pid a)
	find "/proc/$pid/$1" -mindepth 1 -maxdepth 1 | wc -l
}
holds_at_most() {
	[ "$(held fd)" -le "$1" ] && [ "$(held task)" -le "$2" ]
}

# The first thing that went wrong.
blame() {
	wrong=${wrong:-$*}
}
# storm MESSAGES NAME: how many messages of it come to their end.
storm() {
	local messages=$1 name=$2
	wrong=
	forget
	log_start=$(wc -l <"$work/a.log")
	raw "$name" >"$work/out" 2>&1 || blame "answers: $(cat "$work/out")"
	kill -0 "$(weir_pid a)" || blame "it is dead"
	raw normal >"$work/out" 2>&1 ||
		blame "the next message: $(cat "$work/out")"
	subjects >"$work/subjects"
	[ "$(wc -l <"$work/subjects")" = $((messages + 1)) ] ||
		blame "counted: $(tr '\n' ' ' <"$work/subjects")"
	grep -qx 'sender:normal@x.test' "$work/subjects" ||
		blame "the next message is not counted"
	[ "$(log_lines | grep -c 'verdict=accept limit=')" = $((messages + 1)) ] ||
		blame "lines of the log: $(log_lines)"
	! log_lines | grep -qv '^weir-milter: ' ||
		blame "forged: $(log_lines | grep -v '^weir-milter: ')"
	! log_lines | LC_ALL=C grep -q '[[:cntrl:]]' ||
		blame "control bytes in the log: $(log_lines | cat -v)"
	is "$wrong" "" "$name"
}

# once it has everything open that it needs, and libmilter its threads
for _ in 1 2 3; do
	raw normal || exit 1
	sleep 0.7
done
fds=$(held fd) tasks=$(held task)
t/lib/raw_milter list >"$work/storms"
while read -r messages name; do
	storm "$messages" "$name"
done <"$work/storms"
is "$(wc -l <"$work/storms")" "$tap_count" "each storm was let loose"
wait_for 10 holds_at_most "$fds" "$tasks"
diag "descriptors $fds, then $(held fd); threads $tasks, then $(held task)"
ok "it holds no more descriptors than before" test "$(held fd)" -le "$fds"
ok "nor threads" test "$(held task)" -le "$tasks"
weir_stop a
is $? 0 "and it ends well"
done_testing
