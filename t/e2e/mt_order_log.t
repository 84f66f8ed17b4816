#!/bin/bash
# SPDX-License-Identifier: ISC
# Who did what to an order, and what was left of it: what revoke says, and the
# log. Without a milter: the window of a permit is written by hand.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
limits = ( { name = "own"; key = "sender"; max = 100; per = "1h";
	action = "reject"; } );
EOT
} | weir_config a
ctl() {
	"$BUILD/weirctl" -c "$work/a.conf" "$@"
}
# entry N NAME: a member of entry N of the log, "order.used" of its order
entry() {
	ctl --json orders --log | perl -MJSON::PP -e '
		local $/; my $e = decode_json(<STDIN>)->['"$1"'];
		my $v = $e; $v = $v->{$_} for split /\./, "'"$2"'";
		print defined $v ? $v : "null"'
}

# a permit of 10, of which 3 are used

ctl permit sender:news@example.com --messages 10 --for 1h --owner Bob \
	--reason "May newsletter" --by ann >/dev/null
# 1h are 60 buckets of a minute
bucket=$(($(date +%s) / 60))
redis HSET 'weir:{sender:news@example.com}:permit:1' head "$bucket" used 3 \
	$((bucket % 61)) 3 >/dev/null
like "$(ctl orders)" "permit 1: .*7 of 10 left" "orders says what is left"
like "$(ctl revoke sender:news@example.com --by carl)" \
	"lifted: permit 1: .*7 of 10 left" "and so does revoke"
is "$(entry 0 order.used)" null "the log does not guess what was used"
like "$(ctl orders --log)" "permit 1: .*, 10 messages" "it says what was given"
is "$(entry 1 by)" carl "and who revoked it"

# one block in the place of another

ctl block sender:jake@example.com --reason "a script" --by ann >/dev/null
ctl block sender:jake@example.com --reason "his wish" --by carl >/dev/null
is "$(entry 3 act)" replaced "a second block replaces the first"
is "$(entry 3 number)" 2 "which is the one named"
is "$(entry 3 by)" carl "by whoever gave the second"
is "$(entry 3 reason)" "his wish" "and for his reason"
is "$(entry 2 by)" ann "the first keeps who gave it"

# why, about a permit

ctl permit sender:news@example.com --messages 10 --for 1h --owner Bob \
	--reason "June newsletter" >/dev/null
like "$(ctl --json why --sender news@example.com --recipient a@example.org)" \
	'"permit": 4,[[:space:]]*"subject": "sender:news@example.com"' \
	"why names the subject of a permit's budget"
done_testing
