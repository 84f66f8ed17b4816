#!/bin/bash
# SPDX-License-Identifier: ISC
# The manuals know every command, option, setting and JSON member, and what
# they and the catalogue of faults quote is what the programs say.
# shellcheck disable=SC2016 # the $v is Perl, back quotes are of the README
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
cd "${0%/*}/../.." || exit 1
work_start
redis_start
{
	weir_redis
	cat <<'EOC'
limits = (
  { name = "own"; key = "sender"; max = 2; per = "1h"; action = "reject"; },
  { name = "size"; key = "all"; unit = "bytes"; max = "30 MB";
    action = "reject"; }
);
exempt = ( { client = [ "192.0.2.25" ]; } );
EOC
} | weir_config a
weir_start a

# lacks FILE PATTERN...: those that FILE does not match (Perl, of any line), one
# a line
lacks() {
	perl -0777 -e 'open my $in, "<", shift or die; my $text = <$in>;
		print map { "$_\n" } grep { $text !~ m{$_(?![\w-])}m } @ARGV' "$@"
}

# commands and options, by the help of weirctl
mapfile -t commands < <("$BUILD/weirctl" -h |
	sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
ok "weirctl has commands (${#commands[@]})" test "${#commands[@]}" -gt 15
is "$(lacks milter/weirctl.8 "${commands[@]/#/^\.(It )?Cm }")" "" \
	"weirctl(8) has every command"
is "$(lacks README.md "${commands[@]/#/^\\|.*\`}")" "" "and so has the README"
for command in "${commands[@]}"; do
	mapfile -t options < <("$BUILD/weirctl" "$command" --help |
		sed -n 's/^  -\(-[a-z-]*\).*/\1/p' | sort -u)
	is "$(lacks milter/weirctl.8 "${options[@]/#/Fl }")" "" \
		"weirctl(8) has every option of $command"
done
mapfile -t options < <("$BUILD/weir-milter" -h |
	sed -n 's/^  -\([a-zA-Z]\) .*/\1/p')
is "$(lacks milter/weir-milter.8 "${options[@]/#/^\.It Fl }")" "" \
	"weir-milter(8) has every option"

# settings
mapfile -t settings < <(sed 's/#.*//; s/"[^"]*"//g' etc/weir.conf.full |
	grep -oE '[a-z][a-z0-9_]* *=' | tr -d ' =' |
	grep -vxE 'own|development|not_client' | sort -u)
ok "weir.conf.full has settings (${#settings[@]})" \
	test "${#settings[@]}" -gt 30
is "$(lacks milter/weir.conf.5 "${settings[@]/#/^\.(It|Ss) .*\\b}")" "" \
	"weir.conf(5) has every setting"

# incidents: what becomes of them, levels and states, roles of messages
mapfile -t words < <(grep -ohE "(note_act|by_hand)\(incident, '[a-z]+" \
	lib/fleet/incident.lua | sed "s/.*'//")
words+=(adopted notice warning serious critical open contained quiet over
	before first new sampled last)
ok "incidents have words (${#words[@]})" test "${#words[@]}" -gt 20
is "$(lacks milter/weir-incidents.7 "${words[@]/#/^\\.It (.*\\W)?}")" "" \
	"weir-incidents(7) has each"

# members of JSON
load a -m 4 -s 1 >"$work/load"
ctl block client:192.0.2.9 --reason one --by me >"$work/out"
log=$work/maillog
cat >"$log" <<'EOT'
May  1 09:50:01 mx postfix/smtpd[1]: 4BE8AA72350: client=a[192.0.2.7]
May  1 09:50:01 mx postfix/qmgr[2]: 4BE8AA72350: from=<a@x.test>, size=9, nrcpt=1 (queue active)
May  1 09:50:01 mx postfix/smtp[3]: 4BE8AA72350: to=<b@y.test>, relay=y, delay=1, dsn=2.0.0, status=sent (250 ok)
May  1 09:50:01 mx postfix/qmgr[2]: 4BE8AA72350: removed
EOT
# members ARGUMENTS...: of what this prints, each once
members() {
	ctl --json "$@" 2>>"$work/err" |
		perl -MJSON::PP -0777 -ne '
		sub walk {
			my ($v) = @_;
			if (ref $v eq "HASH") { $seen{$_}++, walk($v->{$_}) for keys %$v }
			if (ref $v eq "ARRAY") { walk($_) for @$v }
		}
		walk(JSON::PP->new->utf8->allow_nonref->decode($_));
		print map { "$_\n" } sort keys %seen'
}
# document ARGUMENTS...: does the manual describe what this prints?
document() {
	local known
	mapfile -t known < <(members "$@")
	ok "$1 prints members (${#known[@]})" test "${#known[@]}" -gt 2
	is "$(lacks milter/weirctl-json.7 "${known[@]/#/^\..*Va .*\\b}")" "" \
		"weirctl-json(7) has every member of $1 ${2-}"
}
subject=$(redis --raw KEYS 'weir:{sender:*}:own:1h' | sed 's/.*{\(.*\)}.*/\1/')
wait_for 5 ask_is 1 'scalar @$v' top
document status
document top
document show "$subject"
document why --sender sender0@bench.example --recipient x@y.test
document orders
document orders --log
document permit sender:a@x.test --messages 2 --for 1h --owner me --reason two
document override sender:a@x.test own --max 9 --reason three
document revoke sender:a@x.test
document unblock client:192.0.2.9
document reset "$subject"
document check "$work/a.conf"
redis EVAL "$(<lib/fleet/incident.lua)" 1 "weir:{incidents}" report '{"milter":"a",
	"sequence":1,"windows":[{"key":"own:1h:all","limit":"own","subject":"all",
	"source":"","per":1,"max":1,"stopped":1,"held":0,"let_in":0,"marks":["all"],
	"who":{"client":[["192.0.2.1",1]]}}]}' >"$work/out"
ctl incident --note text >"$work/out"
document incidents
document incident
document replay --suggest --diff "$work/a.conf" "$log"

# quotations: in the third column of the catalogue, and here from the manuals
# says TEXT: is it in one of the programs?
says() {
	grep -qF -- "$1" "$work/texts"
}
cat "$BUILD/weir-milter" "$BUILD/weirctl" | tr -c "[:print:]" "\n" >"$work/texts"
while read -r quoted; do
	ok "quoted: $quoted" says "$quoted"
done < <(
	sed -n 's/^|[^|]*|[^|]*|\([^|]*\)|.*/\1/p' t/faults/README.md |
		grep -o '`[^`]*`' | tr -d '`' | sort -u
	cat <<-'EOT'
	back after
	connected
	Rate limit exceeded
	Redis is back: charges from the outage were added to
	connection is flapping
	in force on the only running milter
	is blocked by the administrator
	no MTA has connected since it started
	stopped during an outage of Redis
	messages reached DATA, but
	the service may not reach it: see IPAddressAllow
	Redis was emptied
	weir: block
	EOT
)
weir_stop a
done_testing
