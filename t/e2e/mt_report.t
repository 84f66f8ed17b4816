#!/bin/bash
# SPDX-License-Identifier: ISC
# The report of a real flood through a real Postfix: its figures are those of
# Postfix's log to the message, whatever senders wrote is only text, and it is
# still there when Redis has forgotten everything.
# shellcheck disable=SC2016 # the $v is Perl
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh source=t/lib/weirctl.sh
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
	cat <<-'END'
	evidence = { headers = "always"; };
	incident = { quiet = "2s"; over = "1h"; };
	limits = (
	  { name = "own"; key = "sender"; max = 40; per = "1h";
	    action = "tempfail"; },
	  { name = "idle"; key = "recipient"; max = 9999; per = "1h";
	    action = "reject"; }
	);
	END
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock"

is_quiet() {
	[ "$(redis HGET 'weir:{incidents}:1' state)" = quiet ]
}
# figure SECTION NAME MEMBER: of the report in $work/report.json
figure() {
	json "\$v->{sections}{$1}{figures}{$2}{$3}" <"$work/report.json"
}
make_report() {
	ctl report 1 --log "$postfix_dir/log/maillog" --format "$1" \
		--out "$work/report.$1"
}

run ctl report 1
is "$code" 1 "no incident, no report"
like "$err" 'there is no incident 1' "and it says so"

evil='Subject: </title><script>document.title="x"</script> %n --- | "q" '"'a'"
evil+=$'\x1b[31m \xe2\x80\xae|X-PHP-Originating-Script: 33:<img src=x>.php'
tool smtp -x 10.20.0.7 -m 150 -f "script'\"<x>@dev.test" \
	-t jake@corp.test -H "$evil" "$postfix_port" >"$work/odd"
for _ in 1 2; do
	tool smtp -x 10.20.0.7 -m 100 -f script@dev.test -t jake@corp.test \
		-H "$evil" "$postfix_port" >"$work/sent" &
	waits+=" $!"
done
# shellcheck disable=SC2086
wait $waits
tool smtp -x 10.20.0.8 -m 3 -f ann@corp.test -t jake@corp.test \
	"$postfix_port" >"$work/people"
ok "the incident ends" wait_for 15 is_quiet
run ctl incident 1 --note 'owner: web team' --by ann
is "$code" 0 "a note"
is "$(redis GET 'weir:{incidents}:next')" 1 "it is one incident"
refused=$(postfix_log_count 'milter-reject: .*\[10.20.0.7\]')
ok "Postfix refused some ($refused)" test "$refused" -gt 50
are_sent() {
	[ "$(postfix_log_count 'status=sent')" -ge 43 ]
}
ok "the rest is delivered" wait_for 20 are_sent
accepted=$(postfix_log_count 'client=.*\[10.20.0.7\]')
ends=$(postfix_log_count 'cleanup.*milter-reject: END-OF-MESSAGE')

run make_report json
is "$code" 0 "a report"
is "$(stat -c %a "$work/report.json")" 640 "that its owner and group read"
is "$(figure impact stopped value)" "$refused" \
	"it was stopped as often as Postfix refused"
is "$(figure impact log_refused value)" "$refused" "and as its log says"
is "$(figure impact let_in value)" "$((accepted - ends))" \
	"what was let in is what Postfix accepted"
is "$(figure impact log_accepted value)" "$((accepted - ends))" "by its log, too"
is "$(figure impact log_delivered value)" "$((accepted - ends))" \
	"all of it was delivered"
# Of everybody else, here ann, who sends after it; its clock has whole seconds,
# so that may be a second of the flood.
rows='@{$v->{sections}{impact}{tables}{others}{rows}}'
longest=$(perl -ne '$ann{$1} = 1 if /: (\w+): from=<ann\@/;
	if (/: (\w+): to=.*, delay=([\d.]+),.* status=sent/ && $ann{$1}) {
		$count++;
		$most = $2 * 1000 if $2 * 1000 > $most }
	END { printf "%d/%.0f", $count, $most }' "$postfix_dir/log/maillog")
is "$(json "my (\$n, \$most) = (0, 0); for ($rows) {
	\$n += \$_->{delivered} // 0;
	\$most = \$_->{worst} if (\$_->{worst} // 0) > \$most }
	qq(\$n/\$most)" <"$work/report.json")" "$longest" \
	"everybody else's delay is that of Postfix's log"
like "$(json "join q(,), map { \$_->{source} } $rows" <"$work/report.json")" \
	"$postfix_dir/log/maillog line [0-9]+" "with the line"
is "$(json 'join q(,), map { $_->{period} }
	@{$v->{sections}{impact}{tables}{queues}{rows}}' <"$work/report.json")" \
	before,during,after "and the queues"
like "$(figure impact stopped source)" '^[^ ]+ [0-9]+$' \
	"the figure names its record"
is "$(json '$v->{sections}{who}{fields}{owner}{value}' \
	<"$work/report.json")" "web team" "the note fills its field"
is "$(json '$v->{sections}{impact}{fields}{impact}{value} // "empty"' \
	<"$work/report.json")" empty "others are empty"
is "$(json 'scalar keys %{$v->{sections}}' <"$work/report.json")" 12 \
	"all sections are there"
is "$(json '$v->{sections}{custody}{tables}{files}{rows}[0]{state}' \
	<"$work/report.json" | cut -c1-12)" "whole so far" "the journal is whole"
is "$("${0%/*}/../lib/schema_check" packaging/report.schema.json \
	"$work/report.json")" "" "it fits packaging/report.schema.json"
if command -v jq >/dev/null; then
	is "$(jq -cj 'del(.hash)' "$work/report.json" | sha256sum |
		cut -d' ' -f1)" "$(jq -r .hash "$work/report.json")" \
		"the hash is that of the content"
else
	skip 1 "jq is not installed"
fi

for format in html markdown text; do
	run make_report $format
	is "$code" 0 "$format"
	is "$(grep -c "Everybody else.*mail, by the mail logs" \
		"$work/report.$format")" 1 "with the delay of others"
	is "$(LC_ALL=C grep -c $'\x1b\|\xe2\x80\xae\|\r' "$work/report.$format")" \
		0 "nothing in it moves a cursor or turns text"
done
is "$(grep -ciE '<script|<img|[a-z]+://|[[:space:]](src|on[a-z]+)="|url\(' \
	"$work/report.html")" 0 "no script, no address"
is "$(grep -oE 'href="[^"]*"' "$work/report.html" | grep -vc '="#')" 0 \
	"but those inside of it"
is "$(grep -c '<title>weir: incident 1</title>' "$work/report.html")" 1 \
	"its own title"
if command -v tidy >/dev/null; then
	is "$(tidy -q -e "$work/report.html" 2>&1)" "" "tidy finds nothing"
else
	skip 1 "tidy is not installed"
fi
if command -v xmllint >/dev/null; then
	# libxml2 knows HTML 4: tags of HTML 5 are new to it
	is "$(xmllint --html --noout "$work/report.html" 2>&1 |
		grep 'error' |
		grep -vE 'Tag (header|nav|main|section|figure|figcaption|footer|svg|rect|path|text|desc) invalid')" \
		"" "xmllint finds nothing"
else
	skip 1 "xmllint is not installed"
fi

ln -s "$work/report.html" "$work/link"
run ctl report 1 --out "$work/link"
is "$code" 73 "a link is not replaced"
run ctl report 1 --log /nowhere/mail.log
is "$code" 66 "a log that is not there"
run ctl report nonsense
is "$code" 64 "no number"

run ctl journal export 1 --out "$work/one.tar"
is "$code" 0 "an export"
tar -xOf "$work/one.tar" incident-1.html >"$work/exported.html"
like "$(<"$work/exported.html")" '<title>weir: incident 1</title>' \
	"has the report in it"

redis FLUSHALL >/dev/null
run make_report json
is "$code" 0 "Redis was emptied, and the report is still made"
is "$(figure impact stopped value)" "$refused" "with the same figures"
like "$(json '$v->{sections}{custody}{tables}{exports}{rows}[0]{hash}' \
	<"$work/report.json")" '^[0-9a-f]{64}$' "who exported it is in it"
redis_kill
run make_report json
is "$code" 0 "and while Redis is away"
is "$(figure impact stopped value)" "$refused" "with the same figures"
like "$(json '"@{$v->{sections}{head}{gaps}}"' <"$work/report.json")" \
	'Redis does not know this incident, redis' "and it says why"
done_testing
