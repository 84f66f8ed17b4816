#!/bin/bash
# SPDX-License-Identifier: ISC
# A stolen login floods a mailbox through a real Postfix: weirctl incident says
# who it is, shows messages, blocks it, and clears the queue of its mail alone.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016 # the $v of json is Perl
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
. "${0%/*}/../lib/weirctl.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
mkdir "$work/journal"
[ -z "$test_user" ] || chown "$test_user" "$work/journal"
{
	weir_redis
	echo "journal = { directory = \"$work/journal\"; };"
	cat <<'EOC'
limits = (
  { name = "login"; key = "auth"; max = 4; per = "1h"; action = "quarantine"; }
);
EOC
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock" 'defer_transports = later'
postconf -c "$postfix_dir/etc" 'transport_maps = inline:{defer.test=later:}'
postfix -c "$postfix_dir/etc" reload 2>/dev/null

# send FROM LOGIN CLIENT COUNT
subject='$(touch pwned); "x" <script>'
send() {
	tool smtp -f "$1" ${2:+-a "$2"} -x "$3" -m "$4" -H "Subject: $subject $RANDOM" \
		-t jake@defer.test "$postfix_port" >/dev/null
}
send 'e`id`@x.test' joan 198.51.100.1 3
send joan@x.test joan 198.51.100.2 3
send other@x.test joan 198.51.100.3 3
send ann@x.test "" 203.0.113.9 2
ok "the incident is there within 3 s" wait_for 3 ask_is 5 \
	'$v->{incidents}[0]{held}' incidents
is "$(ask 'scalar @{$v->{incidents}}' incidents)" 1 "one login, one incident"

# evidence, samples
wait_for 5 ask_is 1 '$v->{evidence}{messages} > 3 ? 1 : 0' incident
run ctl incident
like "$out" 'auth:joan floods jake@defer.test' "it says who"
like "$out" 'evidence +[0-9]+ records in the journal of this host, [0-9]+ of mess' \
	"and what the journal has"
is "$(ask '$v->{evidence}{fault} // "-"' incident)" - "which can be read"
run ctl incident 1 --samples --config "$postfix_dir/etc"
is "$code $err" "0 weirctl incident: 4 more messages of it are in the queue; \
weirctl delete --incident 1 --dry-run counts them" "--samples"
like "$out" 'before:' "messages from before it was stopped"
like "$out" 'Messages in the queue.*(queued|held) from.*Subject: \$\(touch pwned\)' \
	"headers of the queue, by postcat"
is "$(ctl incident 1 --samples --json --config "$postfix_dir/etc" 2>/dev/null |
	json '"@{[scalar @{$v->{queued}}]} @{[$v->{samples}[0]{role}]}"')" \
	"5 before" "and as JSON"

# the queue: its mail and no other
five_held() {
	[ "$(find "$postfix_dir/queue/hold" -type f | wc -l)" -eq 5 ]
}
wait_for 10 five_held
queue() {
	run ctl "$@" --config "$postfix_dir/etc" --yes
}
run ctl hold --incident 1 --dry-run --json --config "$postfix_dir/etc"
is "$(json '$v->{messages}' <<<"$out")" 4 "hold: what was let in"
queue release --incident 1 --subject all
is "$code" 64 "not with --subject"
queue hold --incident 99
is "$code" 1 "1: no such incident"
queue hold --incident 1
like "$code $out" '^0.*Held 4 messages' "hold"
like "$(redis XRANGE 'weir:{orders}:log' - +)" 'hold 4 messages, --incident 1' \
	"the log of orders has it"
queue delete --incident 1
like "$code $out" '^0.*Deleted 9 messages' "delete"
is "$(postqueue -c "$postfix_dir/etc" -j | grep -c ann@x.test)" 2 \
	"the mail of another sender to the same mailbox is left alone"

# the block
run ctl block --incident 1 --for 1h
like "$code $out" '^0 block 1: auth:joan, reject' "block: the login"
send joan@x.test joan 198.51.100.2 2
ok "it is contained" wait_for 3 ask_is contained '$v->{state}' incident 1
run ctl incident 1 --take --note 'owner called' --by ann
acts() {
	[ "$(ctl journal show --incident 1 --kind incident |
		grep -cE 'act="(taken|note)"')" = 2 ]
}
ok "take and note are in the journal" wait_for 5 acts
weir_stop a
done_testing
