#!/bin/bash
# SPDX-License-Identifier: ISC
# What weirctl check and weir-milter -t say of files that are good, bad and
# unwise. No server is needed.
# shellcheck disable=SC2016 # the expressions are for perl
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
root=$(pwd)
case $BUILD in
/*) ;;
*) BUILD=$root/$BUILD ;;
esac
cd "$work" || exit 1

check() {
	"$BUILD/weirctl" check "$@" 2>errors
}
milter() {
	"$BUILD/weir-milter" -t "$@" 2>errors
}
# json EXPRESSION [ARGUMENTS of check]: $j is the answer.
json() {
	local expression=$1
	shift
	check "$@" --json >answer
	helper json "$work/answer" 'my $j = $v;
		my $value = '"$expression"'; $value // "null"'
}

# good
cat >good.conf <<-'EOF'
	identity = { batv = false; tag = "+-"; ipv6_prefix = 56; };
	redis = { server = "unix:/run/none.sock"; timeout = "1s";
		on_failure = "accept"; };
	exempt = ( { client = "192.0.2.25"; },
		{ authenticated = true; not_sender = "<>"; } );
	limits = (
	{ name = "client-size"; key = "client"; unit = "bytes"; max = "50 MB";
	  per = "1h"; action = "reject"; count = "attempts"; },
	{ name = "all"; key = "all"; max = 9; per = "1m"; action = "monitor"; }
	);
EOF
out=$(check good.conf)
is $? 0 "a good file gives 0"
is "$out" 'good.conf: good, limits: 2
  client-size: reject what a client sends above 50 MB in 1h, refused attempts counted too
  all: monitor all mail above 9 messages in 1m
  exempt: mail, only listed clients
  exempt: mail, only mail with a login, not listed senders
  redis: unix:/run/none.sock, timeout 1s; when it is down, mail is accepted without counting
  identity: tag = "+-", batv = false, ipv6_prefix = 56' \
	"limits are printed as sentences, identity rules where they differ"
is "$(<errors)" "" "and nothing is complained about"
is "$(milter -c good.conf)" "$out" "weir-milter -t says the same"
is "$("$BUILD/weirctl" -c good.conf check)" "$out" "so does -c"
is "$(json '$j->{valid} ? 1 : 0' good.conf)" 1 "JSON: it is valid"
is "$(json 'join ",", sort keys %$j' good.conf)" \
	advice,charge_at_data,errors,exempt,file,limits,listen,valid "its members"
is "$(json '$j->{file}' good.conf)" good.conf "the file"
is "$(json 'join "|", map { $j->{limits}[0]{$_} } qw(name key unit max per_ms
	action count line file)' good.conf)" \
	'client-size|client|bytes|52428800|3600000|reject|attempts|7|good.conf' \
	"a limit with all it has"
is "$(json '$j->{charge_at_data} ? 1 : 0' good.conf)" 0 "nothing is charged at DATA"
json 1 good.conf >out
like "$(<answer)" '"max": 52428800,' "numbers are numbers"
is "$(json '$j->{limits}[1]{sentence}' good.conf)" \
	"all: monitor all mail above 9 messages in 1m" "and as a sentence"
is "$(json 'join "|", map { "$_->{line}: $_->{sentence}" } @{$j->{exempt}}' \
	good.conf)" \
	"4: mail, only listed clients|5: mail, only mail with a login, not listed senders" \
	"exemptions"
is "$(json 'scalar(@{$j->{advice}}) + @{$j->{errors}}' good.conf)" 0 \
	"no advice, no errors"

# a listener whose messages have no end
{ echo 'charge_at_data = [ "proxied" ];'; cat good.conf; } >proxied.conf
like "$(check proxied.conf)" 'charged at DATA: mail of listed listeners; bytes are the SIZE that the client declares, quarantine becomes tempfail, discard becomes reject' \
	"what is charged at DATA, and what that means"
is "$(json '$j->{charge_at_data} ? 1 : 0' proxied.conf)" 1 "as JSON, too"
{ echo 'charge_at_data = ( "", 5 );'; cat good.conf; } >proxied.conf
check proxied.conf >out
is $? 78 "a listener needs a name"
is "$(grep -c '^proxied.conf:1: charge_at_data.*allowed is the name of a listener' errors)" 2 \
	"file, line and what is allowed"

# bad
cat >bad.conf <<-'EOF'
	contact = 5;
	limits = (
	{ name = "a"; key = "sender"; max = 0; per = "1m"; action = "rejct"; } );
EOF
out=$(check bad.conf)
is $? 78 "a bad file gives 78"
is "$out" "" "nothing is said to be good"
like "$(<errors)" '^bad.conf:1: contact: found 5, ' "the first mistake"
is "$(grep -c '^bad.conf:3: limits.a\.' errors)" 2 "both of one line"
cp errors wanted
milter -c bad.conf >out
is $? 78 "weir-milter -t gives 78, too"
ok "with the same complaints" cmp errors wanted
check --json bad.conf >out
is $? 78 "so does --json"
is "$(<errors)" "" "which says it on standard output only"
is "$(json '$j->{valid} ? 1 : 0' bad.conf)" 0 "JSON: it is not valid"
is "$(json 'join "|", map { "$_->{file}:$_->{line}" } @{$j->{errors}}' \
	bad.conf)" 'bad.conf:1|bad.conf:3|bad.conf:3' "where the errors are"
is "$(json '$j->{errors}[0]{text} =~ /^contact: found 5, / ? 1 : 0' \
	bad.conf)" 1 "what they are"
is "$(json 'scalar @{$j->{limits}}' bad.conf)" 0 "no limits are claimed"
check none.conf --json >out
is $? 78 "a file that is not there gives 78"
is "$(json '$j->{errors}[0]{line}' none.conf)" null "and has no line"
like "$(json '$j->{errors}[0]{text}' none.conf)" \
	'^settings: found no readable file' "but a text"
check good.conf bad.conf >out
is $? 64 "two files are a usage error"

# which file, without a name
WEIR_CONF=good.conf check >out
is "$?$(head -1 out)" "0good.conf: good, limits: 2" "WEIR_CONF names the file"
WEIR_CONF=good.conf "$BUILD/weirctl" -c bad.conf check 2>errors
is "$?$(grep -c bad.conf: errors)" 783 "-c goes before it"
WEIR_CONF=none.conf check
like "$(tail -1 errors)" 'none.conf, set by the variable WEIR_CONF; use -c FILE' \
	"a mistake says why it is this file"
WEIR_CONF=none.conf check bad.conf
is "$(grep -c WEIR_CONF errors)" 0 "but not of a file that was named"
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p etc/weir
	cp good.conf etc/weir/weirctl.conf
	cp bad.conf etc/weir/weir.conf
	# in COMMAND...: with this etc as /etc
	in_etc() {
		unshare -m sh -c 'mount --bind etc /etc && exec "$@"' sh "$@" 2>errors
	}
	is "$(in_etc "$BUILD/weirctl" check | head -1)" \
		"/etc/weir/weirctl.conf: good, limits: 2" \
		"weirctl.conf goes before weir.conf"
	in_etc "$BUILD/weir-milter" -t >out
	is "$?$(grep -c '^/etc/weir/weir.conf:' errors)" 783 \
		"weir-milter takes no notice of it"
	rm etc/weir/weirctl.conf
	in_etc "$BUILD/weirctl" check >out
	is "$?$(grep -c '^/etc/weir/weir.conf:' errors)" 783 \
		"without it weir.conf is read"
fi

# unwise
cat >unwise.conf <<-'EOF'
	exempt = { sender = "@example.com"; }; redis = { server = "unix:/none"; };
	limits = (
	{ name = "low"; key = "client"; max = 100; per = "1m"; action = "tempfail"; },
	{ name = "high"; key = "client"; max = 500; per = "1m"; action = "reject"; },
	@include "more.conf"
	{ name = "hold"; key = "client+auth"; max = 9; per = "1m"; action = "quarantine"; }
	);
EOF
cat >more.conf <<-'EOF'
	# strangers, too
	{ name = "from"; key = "sender"; max = 9; per = "1m"; action = "discard"; },
EOF
out=$(check unwise.conf)
is $? 0 "an unwise file is valid"
is "$(head -1 <<<"$out")" \
	'unwise.conf: good, limits: 4, advice: 4, see below' \
	"advice is announced"
is "$(grep -o '^[a-z.]*:[0-9]*: advice: [a-z.]*: [a-z]* [a-z]*' <<<"$out")" \
	'unwise.conf:1: advice: exempt: exempts every
unwise.conf:4: advice: limits.high: is never
unwise.conf:6: advice: limits.hold: what is
more.conf:2: advice: limits.from: anybody can' \
	"with file and line, the main file first"
like "$out" 'limits.low \(line 3\) lets in no more than 100 messages in 1m' \
	"the other limit is named"
like "$out" 'give it a lower max, or count = "attempts", or remove it' \
	"and what to do"
is "$(milter -c unwise.conf)" "$out" "weir-milter -t says the same"
is "$(json 'join "|", map { "$_->{file}:$_->{line}" } @{$j->{advice}}' \
	unwise.conf)" \
	'unwise.conf:1|unwise.conf:4|unwise.conf:6|more.conf:2' \
	"JSON: where the advice is"
is "$(json '$j->{valid} ? 1 : 0' unwise.conf)" 1 "and that it is valid"
is "$(json '$j->{limits}[2]{file} . $j->{limits}[2]{line}' unwise.conf)" \
	more.conf2 "a limit knows the file that it stands in"
like "$(json '$j->{advice}[1]{text}' unwise.conf)" \
	'^limits.high: is never over: ' "the text is without the place"

# heeded
sed -i '1s/;/; client = "192.0.2.1";/
	s/"500"\|500/500/; /"high"/s/max/count = "attempts"; max/
	/"hold"/s/max/unit = "bytes"; max/; /"hold"/s/quarantine/tempfail/' \
	unwise.conf
sed -i 's/"sender"/"client+sender"/' more.conf
out=$(check unwise.conf)
is "$(head -1 <<<"$out")" 'unwise.conf: good, limits: 4' \
	"who does as told is told nothing more"

# who reaches Redis commands weir
echo 'limits = ( { name = "l"; key = "client"; max = 9; per = "1m";
	action = "reject"; } );' >limit
like "$(check limit)" \
	'limit:1: advice: redis: without a password every account' \
	"Redis over TCP without a password"
mkdir redis
chmod 755 . redis
perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) or die;
	bind(S, sockaddr_un("redis/s")) or die'
{
	echo "redis = { server = \"unix:$work/redis/s\"; };"
	cat limit
} >socket
chmod 777 redis/s
like "$(check socket)" 'socket:1: advice: redis: .* the mode 0777' \
	"a socket that everybody may use"
chmod 770 redis/s
is "$(check socket | grep -c advice)" 0 "one that only a group may use"
chmod 777 redis/s
chmod 750 redis
is "$(check socket | grep -c advice)" 0 "or reach"
(umask 077 && echo secret >password)
echo 'redis = { password_file = "password"; };' | cat - limit >guarded
is "$(check guarded | grep -c advice)" 0 "and with a password"

# what root can read and the service cannot
if [ "$(id -u)" = 0 ]; then
	mkdir -m 700 shut
	echo kim >shut/list
	{
		cat <<-'EOF'
			user = "nobody"; redis = { server = "unix:/none"; };
			exempt = { auth = "file:shut/list"; };
		EOF
		cat limit
	} >service
	check service >out
	is "$?" 78 "a list that the service cannot read is an error"
	like "$(<errors)" \
		"shut/list: .* user nobody cannot read .* search .*shut\)" \
		"which names user and directory"
	is "$(json '$j->{valid} ? 1 : 0' service)" 0 "in JSON, too"
	chmod 755 shut
	is "$(check service | head -1)" "service: good, limits: 1" \
		"with the permission it is good"

	# what weir-keeper needs, as its own account
	mkdir -m 755 deep
	mkdir -m 700 deep/shut journal reports
	mkdir -m 755 open
	(umask 077 && echo secret >deep/key && echo ca >deep/ca)
	printf "#!/bin/sh\n" | tee deep/hook deep/shut/hook open/hook >/dev/null
	chmod 744 deep/hook
	chmod 755 deep/shut/hook open/hook
	keeper() {
		cat <<-END
		user = "daemon"; redis = { server = "unix:$work/redis/s"; };
		journal = { directory = "$work/journal"; anchor = [ "$work/deep/hook" ]; };
		keeper = { user = "$1"; reports = "$work/reports"; alerts = (
		{ name = "open"; command = [ "$work/open/hook" ]; },
		{ name = "hook"; command = [ "$work/deep/hook" ]; },
		{ name = "shut"; command = [ "$work/deep/shut/hook" ]; },
		{ name = "chat"; url = "https://chat.test/"; ca_file = "deep/ca";
		  secret_file = "deep/key"; } ); };
		END
		cat limit
	}
	keeper nobody >kept
	check kept >out
	is "$?" 78 "a secret that weir-keeper cannot read is an error"
	is "$(cat errors)" "kept:7: keeper.alerts.chat.secret_file: the user nobody cannot read deep/key (no permission to read deep/key)" \
		"with file, line, user and what is closed"
	"$BUILD/weir-keeper" -t -c kept >out 2>errors
	is "$?$(grep -c chat.secret_file errors)" 781 "weir-keeper -t says so"
	milter -c kept >out
	is "$?$(grep -c kept.alerts out)" 00 "weir-milter does not need it"
	chown nobody deep/key
	out=$(check kept)
	is $? 0 "with its owner it is good"
	is "$(grep -o "advice: .* the user .* (no.*)" <<<"$out" | sort)" "\
advice: journal.anchor: the user nobody cannot execute $work/deep/hook (no permission to execute $work/deep/hook)
advice: journal.directory: the user daemon cannot write to $work/journal (no permission to write to $work/journal)
advice: journal.directory: the user nobody cannot write to $work/journal (no permission to write to $work/journal)
advice: keeper.alerts.chat.ca_file: the user nobody cannot read deep/ca (no permission to read deep/ca)
advice: keeper.alerts.hook: the user nobody cannot execute $work/deep/hook (no permission to execute $work/deep/hook)
advice: keeper.alerts.shut: the user nobody cannot execute $work/deep/shut/hook (no permission to search $work/deep/shut)
advice: keeper.reports: the user nobody cannot write to $work/reports (no permission to write to $work/reports)
advice: redis.server: the user daemon cannot write to $work/redis/s (no permission to search $work/redis)
advice: redis.server: the user nobody cannot write to $work/redis/s (no permission to search $work/redis)" \
		"what it has to do without is advice"
	like "$out" "kept:1: advice: keeper.reports: .*, so no reports" \
		"and what that means"
	is "$(json "join q(|), map { \$_->{line} . \$_->{text} } grep { \$_->{text} =~ s{^(\S+): .*hook.*}{\$1}s } @{\$j->{advice}}" \
		kept)" "1journal.anchor|5keeper.alerts.hook|6keeper.alerts.shut" "in JSON, too"
	# by its group, and by an ACL
	chgrp nogroup deep/hook deep/shut redis/s redis journal reports
	chmod 754 deep/hook
	chmod 770 journal reports
	chmod 710 deep/shut redis
	chmod 660 redis/s
	chgrp nogroup deep/ca
	chmod 640 deep/ca
	is "$(check kept | grep -c "the user nobody")" 0 "groups count"
	chmod 644 deep/key
	check kept >out
	like "$?$(cat errors)" "78kept:7: keeper.alerts.chat.secret_file: found .* with mode 0644" \
		"a secret that weir-keeper refuses is an error, too"
	rm deep/key
	check kept >out
	like "$?$(cat errors)" "78kept:7: .*found .* at deep/key" "and one that is not there"
	keeper nobody | sed "s,deep/key,credential:key," >kept
	check kept >out
	is "$?$(cat errors)" 0 "what systemd gives is not looked for"
	(umask 077 && head -c 32 /dev/zero >journal/recipients.key)
	(cat kept && echo "evidence = { recipients = \"hash\"; };") >keyed
	like "$(check keyed)" "evidence.recipients: the user daemon cannot read $work/journal/recipients.key" \
		"and the key that recipients are hashed with"
fi

# shipped
for file in "$root"/etc/*.conf* "$root"/etc/examples/*.conf; do
	out=$(check "$file")
	is "$?$(grep ': advice: ' <<<"$out" | grep -vc 'conf.full:.*redis:')" 00 \
		"${file#"$root"/} needs no advice"
done
# One stolen login, 6 messages a second, behind an address that 30 others
# share with two messages each.
perl -e '
	for my $n (0 .. 3659) {
		my $login = $n % 61 ? "stolen" : "user" . $n / 61 % 30;
		my $at = sprintf "Nov 28 10:%02d:%02d", $n / 6 / 60, $n / 6 % 60;
		my $id = sprintf "%06X", $n + 0x100000;
		print "$at mx postfix/submission/smtpd[1]: $id: ",
			"client=nat[192.0.2.50], sasl_method=PLAIN, ",
			"sasl_username=$login\n",
			"$at mx postfix/qmgr[2]: $id: from=<$login\@x.test>, ",
			"size=500, nrcpt=1 (queue active)\n",
			"$at mx postfix/smtp[3]: $id: to=<a\@y.test>, ",
			"relay=none, delay=0, status=sent (250 ok)\n",
			"$at mx postfix/qmgr[2]: $id: removed\n";
	}' >maillog
out=$("$BUILD/weirctl" replay -c "$root/etc/examples/submission.conf" maillog)
like "$out" 'login-burst +3000 ' "submission.conf stops a stolen login"
like "$out" 'address +- ' "and leaves its address to the others"
like "$out" '3000 of 3660 messages stopped' "nobody else is stopped"

done_testing
