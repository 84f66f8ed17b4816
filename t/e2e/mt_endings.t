#!/bin/bash
# SPDX-License-Identifier: ISC
# Messages that reach DATA and never end: told from address probes and from
# connections that are lost in DATA, and charged at DATA where that is set; at
# the milter protocol. A real Postfix is in t/e2e/mt_proxy.t.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
charge_at_data = [ "early", "early.*" ];
limits = (
  { name = "sender"; key = "sender"; max = 3; per = "1h";
    action = "tempfail"; },
  { name = "size"; key = "sender"; unit = "bytes"; max = "1 MB"; per = "1h";
    action = "reject"; }
);
EOT
} | weir_config set
grep -v charge_at_data "$work/set.conf" >"$work/a.conf"
sed -i "s/set.sock/a.sock/" "$work/a.conf"

# say NAME [options]: standard input is a dialogue with the milter
say() {
	local name=$1
	shift
	tool dialogue "$@" "$work/run/$name.sock"
}
used() {
	redis HGET "weir:{sender:$1}:$2:1h" used
}
# messages LISTENER TIMES STAGE...: in one session
messages() {
	local listener=$1 times=$2
	shift 2
	printf '%s\n' open "connect 192.0.2.1 $listener" helo "$times TIMES" \
		'mail -' 'rcpt b@y.test' "$@"
}
# reported LISTENER: is it, two seconds from now?
reported() {
	for _ in $(seq 40); do
		grep -q "listener \"$1\": .* reached DATA" "$work/a.log" &&
			return 0
		sleep 0.05
	done
	return 1
}
not_reported() {
	! grep -q "listener \"$1\": .* reached DATA" "$work/a.log"
}

weir_start a || exit 1
messages probes 50 abort | say a >/dev/null
messages ordinary 30 data header eoh body end | sed 's/^30/id Q1\n&/' | say a >/dev/null
messages ordinary 25 data abort | sed 's/^25/id Q2\n&/' | say a >/dev/null
messages nameless 30 data header eoh body end | say a >/dev/null
messages nameless 25 data abort | say a >/dev/null
messages few 19 data abort | say a >/dev/null
# one session: what was seen of a message says nothing of the next
{
	messages after 1 'id Q3' data header eoh body end
	echo
	printf '%s\n' '50 TIMES' 'mail -' 'rcpt b@y.test' abort
} | say a >/dev/null
messages old 50 abort | say a -s 0 >/dev/null
messages proxied 50 data abort | say a >/dev/null
ok "50 x (MAIL, RCPT, DATA, abort) are reported" reported proxied
messages asked 50 data abort | say a -s 0 >/dev/null
ok "so are they where the MTA leaves no stage out" reported asked
messages named 50 data abort | sed 's/^50/id Q4\n&/' | say a >/dev/null
ok "and with queue ids, as not one has ended" reported named
messages mixed 30 data header eoh body end | sed 's/^30/id Q5\n&/' | say a >/dev/null
messages mixed 25 data abort | say a >/dev/null
ok "beside others that end, those without a queue id" reported mixed
printf '%s\n' open helo '20 TIMES' 'mail -' 'rcpt b@y.test' data abort |
	say a >/dev/null
ok "without a connect there is no listener to report" not_reported ''
messages '' 25 data abort | say a >/dev/null
ok "a listener without a name is" reported ''
like "$(grep 'listener ""' "$work/a.log")" 'set charge_at_data = . "\*" .' \
	"with the glob that takes it"
for listener in probes ordinary nameless few after old; do
	ok "no alarm for $listener" not_reported "$listener"
done
is "$(grep -c 'reached DATA' "$work/a.log")" 5 "one line each"
weir_stop a

# more listeners than are told apart
weir_start a || exit 1
for i in $(seq 40); do
	messages "many-$i" 25 data abort
	echo
done | say a >/dev/null
ok "31 listeners have a name" reported many-31
ok "all others are one" reported '\*'
is "$(grep -c 'reached DATA' "$work/a.log")" 32 "and that is all"
weir_stop a

# charged at DATA
weir_start set || exit 1
is "$(printf '%s\n' open 'connect 192.0.2.1 early' helo 'mail a@x.test SIZE=1000' \
	'rcpt b@y.test' data header eoh body end 'mail a@x.test' 'rcpt b@y.test' data abort \
	'mail a@x.test' 'rcpt b@y.test' data header eoh body end \
	'mail a@x.test' 'rcpt b@y.test' data 'mail c@x.test' 'rcpt b@y.test' \
	data abort | say set | grep -c '^\(data\|end\) c$')" 6 \
	"what is not refused goes on at DATA and at its end"
is "$(used a@x.test sender)" 3 "three of four are charged, once each"
is "$(used a@x.test size)" 1002 "with SIZE=, or one byte"
is "$(used c@x.test sender)" 1 "the next sender of the session, too"
is "$(grep -c 'verdict=tempfail.*sender=a@x.test' "$work/set.log")" 1 \
	"the fourth is logged once"
printf '%s\n' open 'connect 192.0.2.1 late' helo 'mail d@x.test SIZE=1000' \
	'rcpt b@y.test' data abort 'mail d@x.test SIZE=1000' 'rcpt b@y.test' \
	data header eoh body end | say set >/dev/null
is "$(used d@x.test sender)" 1 "another listener is charged at the end"
is "$(used d@x.test size)" 20 "with what came"
weir_stop set
is $? 0 "and it ends well"
done_testing
