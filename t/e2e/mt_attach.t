#!/bin/bash
# SPDX-License-Identifier: ISC
# weir-attach: Postfix and Sendmail get weir beside what they have, and get back
# what they had.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
. "$(dirname "$0")/../lib/postfix.sh"
postfix_is_possible || skip_all "needs root and Postfix"
work_start
cd "$(dirname "$0")/../.." || exit 1
weirctl_path=$(realpath "$BUILD")
# Whoever reads a main.cf that has just changed waits for two seconds.
age() {
	touch -d "1 minute ago" "$MAIL_CONFIG"/*.cf
}
postconf() {
	command postconf "$@"
	[[ $1 == -[hn] ]] || age
}
attach() {
	local code
	PATH=$weirctl_path:$PATH packaging/weir-attach -c "$work/a.conf" \
		"$@" 2>&1
	code=$?
	age
	return $code
}

redis_start
weir_config a <<-END
	$(weir_redis)
	limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
	  action = "reject"; } );
END
weir_start a
postfix_start a ""
export MAIL_CONFIG=$postfix_dir/etc
main=$MAIL_CONFIG/main.cf
socket=unix:$work/run/a.sock
first() {
	cp -p "$work/first" "$main"
}
# how many of five messages Postfix accepts
accepted() {
	postfix_log_count 'relay=none.* status=sent' >"$work/before"
	smtp-source -c -m 5 -f "$1" -t b@example.com "127.0.0.1:$postfix_port" \
		>/dev/null 2>&1
	postfix_settle
	echo $(($(postfix_log_count 'relay=none.* status=sent') - $(<"$work/before")))
}

# a list that is there, on two lines, with a comment
sed -i '/^smtpd_milters/d' "$main"
cat >>"$main" <<-'END'
	# the signatures
	smtpd_milters =
	    { inet:127.0.0.1:9, connect_timeout=1s, default_action=accept },
	    unix:/none/b.sock
	non_smtpd_milters = $smtpd_milters
END
age
cp -p "$main" "$work/first"

out=$(attach -n postfix)
like "$out" "would be set: smtpd_milters = .*default_action=accept \}, unix:/none/b.sock, $socket" \
	"-n says what would be set, behind the other milters"
ok "and changes nothing" cmp "$main" "$work/first"
is "$(find "$MAIL_CONFIG" -name '*-weir')" "" "nor leaves a file"
like "$out" 'milter_default_action is tempfail' \
	"what happens without weir-milter is said"
attach postfix >/dev/null
is $? 0 "attached"
is "$(postconf -h smtpd_milters)" \
	"{ inet:127.0.0.1:9, connect_timeout=1s, default_action=accept }, unix:/none/b.sock, $socket" \
	"the other milters stay, in their order"
# shellcheck disable=SC2016 # a name of Postfix
is "$(postconf -h non_smtpd_milters)" '$smtpd_milters' \
	"a list that has it by that is as it was"
cp "$main" "$work/second"
out=$(attach postfix)
like "$out" 'smtpd_milters has it already' "again: it is there"
ok "and nothing changes" cmp "$main" "$work/second"
like "$(attach --undo postfix)" "main.cf is as it was before" "the way back"
ok "leads to the letter to where it began" cmp "$main" "$work/first"
is "$(find "$MAIL_CONFIG" -name '*-weir')" "" "without a file more"
attach --undo postfix >"$work/out"
is "$?$(<"$work/out")" 0 "where it is not attached there is nothing to do"

# changed since by another
attach postfix >/dev/null
postconf -e 'myorigin = example.net' 'non_smtpd_milters = unix:/none/c.sock'
attach postfix >/dev/null
is "$(postconf -h non_smtpd_milters)" "unix:/none/c.sock, $socket" \
	"a list that lost it gets it"
postconf -e 'myorigin = example.org'
attach --undo >/dev/null
is "$(postconf -h smtpd_milters non_smtpd_milters myorigin | tr '\n' ' ')" \
	"{ inet:127.0.0.1:9, connect_timeout=1s, default_action=accept }, unix:/none/b.sock unix:/none/c.sock example.org " \
	"only weir goes from a file that changed since"

# on its own, with real mail
sed '/smtpd_milters/,$d' "$work/first" >"$main"
postconf -e milter_default_action=accept
cp -p "$main" "$work/first"
like "$(attach postfix)" 'Postfix has read it' "Postfix reads it"
is "$(accepted x@example.com)" 3 "the third message is the last"
attach --undo >/dev/null
ok "back" cmp "$main" "$work/first"
is "$(accepted y@example.com)" 5 "no message meets weir any more"
attach --default-action accept postfix >/dev/null
is "$(postconf -h non_smtpd_milters)" "{ $socket, default_action=accept }" \
	"an action of its own, when asked"
postconf -e "smtpd_milters = local:$work/run/../run/a.sock" \
	"non_smtpd_milters ="
attach --undo >/dev/null
is "$(postconf -n smtpd_milters)" "" "by another name it goes, too"

# master.cf
first
postconf -P "127.0.0.1:$postfix_port/inet/smtpd_milters=$socket"
like "$(attach -n postfix)" 'services of master.cf have a list of their own' \
	"a list of master.cf is named"
out=$(attach --undo)
is $? 1 "there weir-attach takes nothing out"
like "$out" "master.cf names weir: remove it there first: 127.0.0.1:$postfix_port/inet" \
	"but says so"
postconf -PX "127.0.0.1:$postfix_port/inet/smtpd_milters"
postconf -F "127.0.0.1:$postfix_port/inet/chroot=y"
like "$(attach postfix)" "in a chroot, where $socket cannot be reached: in weir.conf write listen = \"unix:$postfix_dir/queue/weir/milter.sock\"" \
	"a socket outside the chroot is none"
postconf -F "127.0.0.1:$postfix_port/inet/chroot=n"
ok "and nothing changed" cmp "$main" "$work/first"
postconf -e "queue_directory = $work"
like "$(attach -n postfix)" 'would be set: smtpd_milters = unix:run/a.sock' \
	"below the queue directory a name works in a chroot and outside"
first

# not there, or not for Postfix
chmod 600 "$work/run/a.sock"
like "$(attach postfix)" 'the account postfix cannot connect: Permission denied: see listen_group' \
	"a socket that Postfix cannot open"
weir_stop a
like "$(attach postfix)" 'does not answer at unix:.*: systemctl status weir-milter' \
	"a milter that does not run"
ok "and nothing changed" cmp "$main" "$work/first"
cp "$work/a.conf" "$work/good.conf"
echo 'limits = 5;' >>"$work/a.conf"
like "$(attach postfix)" 'the configuration of weir has errors' \
	"a file with errors"
postconf -e "smtpd_milters = unix:weir/milter.sock"
attach --undo >/dev/null
is "$(postconf -h smtpd_milters)" "" "does not keep it from the way back"
cp "$work/good.conf" "$work/a.conf"
is "$(attach --undo --default-action accept >/dev/null; echo $?)" 64 \
	"--undo with an action is wrong"

# Sendmail, of which m4 is here
if command -v m4 >/dev/null; then
	weir_start a
	mkdir "$work/mail"
	mc=$work/mail/sendmail.mc
	cat >"$mc" <<-'END'
		define(`INPUT_MAIL_FILTER', `Xweir, $2
		O InputMailFilters=other,$1 ')dnl
		define(`OSTYPE')dnl
		OSTYPE(`debian')dnl
		MAILER_DEFINITIONS
		MAILER(`smtp')dnl
	END
	m4 "$mc" >"$work/mail/sendmail.cf"
	cp -pr "$work/mail" "$work/mail.first"
	sendmail() {
		attach -d "$work/mail" "$@"
	}
	chmod 777 "$work/run"
	like "$(sendmail sendmail)" "every account can write to $work/run" \
		"Sendmail: a directory that it would refuse"
	chmod 755 "$work/run"
	# mktemp -d makes it in a directory for everybody
	if [ -n "$(find "${work%/*}" -maxdepth 0 -perm -002)" ]; then
		weir_stop a
		sed -i "s|^listen = .*|listen = \"inet:$(free_port)@127.0.0.1\";|" "$work/a.conf"
		"$BUILD/weir-milter" -c "$work/a.conf" >>"$work/a.log" 2>&1 &
		echo $! >"$work/a.pid"
		wait_for 10 grep -q 'serves inet:' "$work/a.log"
		socket=$(sed -n 's/^listen = "\(.*\)";/\1/p' "$work/a.conf")
	fi
	like "$(sendmail -n sendmail)" 'would be added to .*INPUT_MAIL_FILTER' \
		"-n says what would be added"
	ok "and changes nothing" diff -r "$work/mail" "$work/mail.first"
	sendmail sendmail >"$work/out"
	is $? 0 "attached"
	is "$(grep -A 1 '^INPUT' "$mc")" \
		"INPUT_MAIL_FILTER(\`weir', \`S=$socket, F=T, T=C:5s;S:10s;R:10s;E:30s')dnl
MAILER_DEFINITIONS" "the line is before the mailers"
	like "$(<"$work/mail/sendmail.cf")" "Xweir, S=$socket" "sendmail.cf is built"
	like "$(sendmail sendmail)" 'has it already' "again: it is there"
	sendmail --undo sendmail >/dev/null
	ok "the way back" diff -r "$work/mail" "$work/mail.first"
	sendmail --default-action accept sendmail >/dev/null
	echo 'dnl mine' >>"$mc"
	sendmail --undo sendmail >/dev/null
	is "$(diff "$mc" "$work/mail.first/sendmail.mc")" "7d6
< dnl mine" "only weir goes from a file that changed since"
	ok "and sendmail.cf is built" cmp "$work/mail/sendmail.cf" \
		"$work/mail.first/sendmail.cf"
	sed -i '1,2s/InputMailFilters=other,.1/InputMailFilters=other/' "$mc"
	cp "$mc" "$work/first.mc"
	like "$(sendmail sendmail)" 'both are as before. Does .* set confINPUT_MAIL_FILTERS' \
		"where the line has no effect nothing changes"
	ok "to the letter" cmp "$mc" "$work/first.mc"
else
	skip "Sendmail's files" "there is no m4"
fi
done_testing
