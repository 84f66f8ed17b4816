#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl hold, release and delete on the 200 messages of a real Sendmail's
# queues: the daemon's and that of sendmail(1), with addresses that its listing
# cuts, and one message that is being delivered.
# shellcheck disable=SC2016 # what looks like a variable is text
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/sendmail.sh source=t/lib/weirctl.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
. "$(dirname "$0")/../lib/sendmail.sh"
. "$(dirname "$0")/../lib/weirctl.sh"
[ "$(id -u)" -eq 0 ] || skip_all "only root may change the queue"
sendmail_is_possible || skip_all "$sendmail_why"
work_start
redis_start
smtp=$(dirname "$0")/../lib/smtp
{
	weir_redis
	cat <<'EOC'
limits = (
  { name = "held"; key = "sender"; max = 60; per = "1h";
    match = { sender = [ "script@" ]; }; action = "quarantine"; },
  { name = "refused"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "cron@" ]; }; action = "tempfail"; }
);
EOC
} | weir_config a
weir_start a
sendmail_start a "$(sendmail_filter "unix:$work/run/a.sock")" || exit 1

send() { # FROM TO COUNT
	"$smtp" -f "$1" -t "$2" -m "$3" "$sendmail_port" >>"$work/sent"
}
queue() { # its words in out, its exit code in code
	run ctl "$@" --mta sendmail --tools "$sendmail_dir/tools"
}
listed() { # OPTIONS: messages of one listing of Sendmail
	"$sendmail_dir/tools/sendmail" -bp "$@" | grep -cE '^[0-9A-Za-z]{14}'
}
is_locked() { # OPTIONS: is a message of this queue being delivered?
	"$sendmail_dir/tools/sendmail" "$@" -bp | grep -qE '^[0-9A-Za-z]{14}\*'
}
nothing_is_locked() {
	! is_locked && ! is_locked -Ac
}
long=a.very.long.sender.address.that.does.not.fit.in.a.listing.of.eighty.columns
send script@dev.test box@wait.test 100
send ann@corp.test kim@wait.test 60
send "$long@long.test" kim@wait.test 10
send '' kim@wait.test 10
"$smtp" -8 -f 'müller@x.test' -t kim@wait.test -m 5 "$sendmail_port" >>"$work/sent"
send two@corp.test kim@wait.test,"$long@wait.test" 8
for i in 1 2 3 4 5 6 7 8; do
	printf 'Subject: x\n\nx\n' | "$sendmail_dir/tools/sendmail" -t -i \
		-f cron@x.test "cron$i@wait.test" 2>/dev/null
done
is "$(listed) $(listed -qQ) $(listed -Ac)" "154 40 7" \
	"200 messages wait: 40 of them quarantined, 7 for the daemon"

queue hold --sender script@dev.test --dry-run --json
is "$(json '"$v->{messages} $v->{mta}"' <<<"$out")" "60 sendmail" \
	"hold: 60 of the flood are not yet held"
is "$(listed -qQ)" 40 "--dry-run changes nothing"
# at a high load average Sendmail delivers nothing, and its listing says so
load() { # LIMIT FACTOR
	sed -i "s/^#*O QueueLA=.*/O QueueLA=$1/; s/^#*O QueueFactor=.*/O QueueFactor=$2/" \
		"$sendmail_dir"/*.cf
}
load 0 0
is "$("$sendmail_dir/tools/sendmail" -bp | grep -cE '^[0-9A-Za-z]{14}X ')" 154 \
	"at a high load average none is delivered"
queue hold --sender script@dev.test --yes --reason 'ticket 4711; $(id) "x"'
like "$code $out" '^0.*Held 60 messages ' "hold"
is "$(listed) $(listed -qQ)" "94 100" "they are quarantined"
is "$("$sendmail_dir/tools/sendmail" -bp -qQ |
	grep -cF 'QUARANTINE: weir: ticket 4711; $(id) "x"')" 60 \
	"with the reason, whatever is in it"
queue hold --sender script@dev.test --yes
is "$code" 1 "nothing more to hold"

load 1000 600000
queue release --limit held --dry-run --json
is "$(json '$v->{messages}' <<<"$out")" 40 \
	"release: those that the limit held are known by it"
queue release --subject sender:script@dev.test --limit held --yes
like "$code $out" '^0.*Released 40 messages ' "release"
ok "and delivered at once" wait_for 30 eval \
	'[ "$(sendmail_log_count "to=<box@wait.test>.*stat=Sent")" -eq 40 ]'
is "$(listed -qQ)" 60 "the others stay"
is "$(redis HGET 'weir:{sender:script@dev.test}:held:1h' used)" 100 \
	"what was released is not counted again"

queue hold --sender "$long@long.test" --yes
like "$code $out" '^0.*Held 10 messages ' "a sender that the listing cuts"
queue hold --recipient "$long@wait.test" --yes
like "$code $out" '^0.*Held 8 messages ' "a recipient that it cuts"
queue hold --sender '<>' --yes
like "$code $out" '^0.*Held 10 messages ' "the null sender"
queue hold --sender 'müller@x.test' --yes
like "$code $out" '^0.*Held 5 messages ' "a sender in UTF-8"
queue hold --client 192.0.2.0/24 --dry-run --json
is "$(json '$v->{messages}' <<<"$out")" 0 "another network has none"
queue hold --client 127.0.0.0/8 --dry-run --json
is "$(json '$v->{messages}' <<<"$out")" 61 "by client: what is not yet held"
queue hold --sender cron@x.test --yes
like "$code $out" '^0.*Held 8 messages ' "mail in the queue of sendmail(1), too"
is "$(listed -Ac -qQ) $(listed -Ac)" "7 0" "is quarantined there"
queue release --sender cron@x.test --yes
like "$code $out" '^0.*Released 8 messages ' "and released"
is "$(listed -Ac -qQ)" 0 "there"

queue delete --sender script@dev.test --yes
like "$code $out" '^0.*Deleted 60 messages ' "delete what is held"
queue delete --recipient kim@wait.test --sender ann@corp.test --yes
like "$code $out" '^0.*Deleted 60 messages ' "and what is not"
is "$(find "$sendmail_dir/mqueue" -name '*f*' | wc -l)" \
	$((2 * (10 + 8 + 10 + 5))) "their files are gone, those of others not"
ok "none is being delivered any more" wait_for 20 nothing_is_locked
queue delete --sender cron@x.test --yes
like "$code $out" '^0.*Deleted 7 messages ' "in the queue of sendmail(1), too"
is "$(find "$sendmail_dir/client" -name '[dhq]f*' | wc -l)" 0 "they are gone"

# what is being delivered is left alone
mkfifo "$work/slow"
sed -i "s|^Mlater\(.*\)sh -c cat>>[^ ]*|Mlater\1sh -c cat<$work/slow|" \
	"$sendmail_dir/sendmail.cf"
send busy@corp.test kim@wait.test 1
"$sendmail_dir/tools/sendmail" -qSbusy@corp.test &
runner=$!
ok "a message is being delivered" wait_for 20 is_locked
queue delete --sender busy@corp.test --yes
like "$code $out" '^75.*1 is being delivered and was skipped: run it again' \
	"it is left alone, and said so"
: >"$work/slow" # the mailer may end
wait "$runner"
ok "it is delivered" wait_for 20 eval \
	'[ "$(sendmail_log_count "from=<busy@corp.test>")" -eq 1 ] &&
	grep -q "to=<kim@wait.test>.*stat=Sent" "$sendmail_dir/log"'
like "$(redis XRANGE 'weir:{orders}:log' - +)" 'delete 60 messages' \
	"the log of orders has it all"
weir_stop a
done_testing
