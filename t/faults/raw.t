#!/bin/bash
# SPDX-License-Identifier: ISC
# What a milter hears when its peer is broken or hostile: see t/lib/raw_milter.
# Whatever comes, the next message is served, only its own subject is counted,
# and the log has one line for it, without a byte that a terminal obeys.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
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

# The subjects that have windows; these are forgotten.
subjects() {
	redis --raw EVAL '
		local found, list = {}, {}
		for _, key in ipairs(redis.call("KEYS", "weir:{sender*")) do
			local subject = key:match("^weir:{(.-)}:sender%-%a+:1[mh]$")
			found[subject or key] = true
			redis.call("DEL", key)
		end
		for subject in pairs(found) do list[#list + 1] = subject end
		return list' 0
}
# descriptors and threads
held() {
	find "/proc/$weir/$1" -mindepth 1 -maxdepth 1 | wc -l
}
holds_at_most() {
	[ "$(held fd)" -le "$1" ] && [ "$(held task)" -le "$2" ]
}

# The first thing that went wrong.
blame() {
	wrong=${wrong:-$*}
}
# Is each new line of the log one of weir-milter, without a control byte? How many
# say that a message was accepted, is in accepted.
read_log() {
	local LC_ALL=C line
	accepted=0
	while IFS= read -r line; do
		[[ $line == 'weir-milter: '* ]] || blame "forged: $line"
		[[ $line != *[[:cntrl:]]* ]] || blame "control bytes in the log"
		[[ $line != *'verdict=accept limit='* ]] || ((accepted++))
	done <&"$log"
}
# storm MESSAGES NAME: how many messages of it come to their end; one normal
# message follows.
storm() {
	local messages=$1 name=$2 found
	wrong=
	found=$(tool raw_milter "$work/run/a.sock" "$name" normal 2>&1) ||
		blame "answers: $found"
	kill -0 "$weir" || blame "it is dead"
	mapfile -t found < <(subjects)
	[ "${#found[@]}" = $((messages + 1)) ] || blame "counted: ${found[*]}"
	[[ " ${found[*]} " == *' sender:normal@x.test '* ]] ||
		blame "the next message is not counted"
	read_log
	[ "$accepted" = $((messages + 1)) ] || blame "accepted: $accepted"
	is "$wrong" "" "$name"
}

# once it has everything open that it needs, and libmilter its threads
weir=$(weir_pid a)
exec {log}<"$work/a.log"
for _ in 1 2 3; do
	tool raw_milter "$work/run/a.sock" normal || exit 1
	sleep 0.7
done
subjects >/dev/null
read_log
fds=$(held fd) tasks=$(held task)
tool raw_milter list >"$work/storms"
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
