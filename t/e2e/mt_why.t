#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl why and the next real message agree: random messages through a real
# Postfix, among random orders. What Postfix answers the same to (accepted,
# held, discarded) is compared with what weirctl watch has seen. (Limits on
# attempts are for ct_trial: what a milter owes them comes up to a second
# later.)
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "Postfix needs root"
MESSAGES=${MESSAGES:-200}
SEED=${SEED:-$$}
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
cache = "0s";
limits = (
  { name = "by-sender"; key = "sender"; max = 12; per = "1h";
    action = "tempfail"; },
  { name = "by-login"; key = "auth"; max = 30; per = "1h";
    action = "reject"; },
  { name = "by-mailbox"; key = "recipient"; max = 25; per = "1h";
    action = "reject"; },
  { name = "by-pair"; key = "sender+recipient"; max = 3; per = "1h";
    action = "quarantine"; match = { authenticated = false; }; },
  { name = "by-client"; key = "client"; unit = "recipients"; max = 20;
    per = "1h"; action = "discard"; },
  { name = "bytes"; key = "sender+client"; unit = "bytes"; max = 20000;
    per = "1h"; action = "reject"; match = { client = [ "192.0.2.1" ]; }; },
  { name = "large"; key = "recipient_domain"; unit = "bytes"; max = 2500;
    per = "1s"; action = "tempfail"; match = { client = [ "192.0.2.4" ]; }; },
  { name = "seen"; key = "all"; max = 10; per = "1h"; action = "monitor"; }
);
EOT
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock"
"$BUILD/weirctl" -c "$work/a.conf" --json watch >"$work/watch.json" &
watch=$!
watch_is_known 1 1

diag "MESSAGES=$MESSAGES SEED=$SEED"
# Windows that fill up are emptied in between, and a block of all ends.
round() {
	redis --raw KEYS 'weir:*:1h' |
		xargs -r redis-cli -s "$work/redis.sock" DEL >/dev/null
	"$BUILD/weirctl" -c "$work/a.conf" unblock sender_domain:random.test \
		>/dev/null 2>&1
	t/lib/why_random "$BUILD/weirctl" "$work/a.conf" "$postfix_port" \
		$((MESSAGES / 4)) "$((SEED + $1))" >>"$work/out"
}
sum() {
	sed -n "s/^messages .*\<$1 \([0-9]*\).*/\1/p; s/^\($1\) \([0-9]*\) .*/\2/p" \
		"$work/out" | awk '{ sum += $1 } END { print sum + 0 }'
}
enough_replies() {
	[ "$(sum replies)" -gt $((MESSAGES / 10)) ]
}
some() {
	grep -q "^taken .* $1\$" "$work/out"
}
# Orders and messages are random, so four rounds need not have met everything.
rounds=0
while [ "$rounds" -lt 4 ] || { [ "$rounds" -lt 20 ] &&
	! { enough_replies && some monitor && some quarantine && some discard; }; }; do
	rounds=$((rounds + 1))
	round "$rounds"
done
grep -A 9 '^difference' "$work/out" | sed 's/^/# /' | head -30
is "$(sum messages)" "$(((MESSAGES / 4) * rounds))" "random messages were sent"
is "$(sum differences)" 0 "each got the replies that weirctl why had said"
ok "of which $(sum replies) were refusals" enough_replies

sleep 1
kill -INT "$watch"
wait "$watch"
is $? 0 "watch ends well"
sed -n 's/^taken //p' "$work/out" | sort >"$work/said"
perl -MJSON::PP -ne '
	my $seen = decode_json($_);
	print "$seen->{queue_id} $seen->{verdict}\n" if $seen->{queue_id} ne "";
	' "$work/watch.json" | sort >"$work/seen"
join "$work/said" "$work/seen" >"$work/joined"
is "$(awk '$2 != $3 && $3 !~ /tempfail|reject/' "$work/joined" | wc -l)" 0 \
	"what was taken was accepted, held or discarded as it had said"
# a block that discards does so at MAIL, where there is no queue id yet
kept() {
	grep -v ' discard$' "$work/$1" | cut -d' ' -f1 | sort -u
}
is "$(kept said | comm -23 - <(cut -d' ' -f1 "$work/seen" | sort -u) | wc -l)" \
	0 "watch has seen each that was kept"
diag "$(cut -d' ' -f2 "$work/said" | sort | uniq -c | tr -s ' \n' ' ')"
for verdict in monitor quarantine discard; do
	ok "some: $verdict" some "$verdict"
done
done_testing
