#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl hold and release on Sendmail's queue. A script stands in for
# sendmail(8), so this shows what weirctl asks of it and reads, and not what
# Sendmail does. The form of its listings and answers is that of Sendmail
# 8.17.1; their messages, and the marks '*' and '+', are made up.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
[ "$(id -u)" -eq 0 ] || skip_all "only root may change the queue to a queue"
redis_start
mkdir "$work/tools" "$work/other"
{
	weir_redis
	cat <<'EOC'
limits = ( { name = "own-sender"; key = "sender"; max = 3; per = "1h";
	action = "quarantine"; } );
EOC
} | weir_config a

head='-----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------'
day=$(LC_ALL=C date '+%b %d %H:%M')
cat >"$work/normal" <<EOC
		/var/spool/mqueue (2 requests)
$head
6APAgtPM008815       13      60015 $day Jake+x@Example.com
                 (host map: lookup (y.test): deferred)
						a@y.test
		 (host map: lookup (y.test): deferred)
6APAUS7U027820*    2000      30015+$day <>
						b@y.test
		Total requests: 2
EOC
cat >"$work/quarantined" <<EOC
		/var/spool/mqueue (3 requests)
$head
6APATSvx026049      100      60015 $day jake@example.com
     QUARANTINE: weir: own-sender
						a@y.test
						c@y.test
6APATSvx026050      100      60015 $day jake@example.com
     QUARANTINE: weir: own-sender
						a@y.test
6APAVSuk029157        3      30015 $day a.very.long.sender.address.that.does.not.fit.in.a.listing.of.eighty.columns@lo
     QUARANTINE: weir: own-sender
						a@y.test
		Total requests: 3
EOC
printf '%s is empty\n' "$work/client-queue" >"$work/client"
cat >"$work/tools/sendmail" <<EOC
#!/bin/sh
case "\$*" in
"-d0.1 -bt") echo "Version 8.17.1.9" ;;
"-bp -v") cat "$work/normal" ;;
"-bp -v -qQ") cat "$work/quarantined" ;;
"-Ac -bp -v") cat "$work/client" ;;
"-Ac -bp -v -qQ") echo "$work/client-queue is empty" ;;
*)
	echo "\$*" >>"$work/calls"
	case "\$*" in
	"-v "*-Qweir*)
		for id in \$(echo "\$*" | grep -o -e '-qI[^ ]*'); do
			[ \$id = -qI6APAUS7U027820 ] && continue # locked
			mv "$work/queue/qf\${id#-qI}" \
				"$work/queue/hf\${id#-qI}" 2>/dev/null
		done ;;
	esac
	case \$1 in
	-v)
		echo "Processing /var/spool/mqueue:"
		echo "\$(echo "\$*" | grep -o -e ' -qI' | wc -l) changes"
		;;
	esac ;;
esac
EOC
printf '#!/bin/sh\nexit 0\n' >"$work/other/sendmail"
chmod 755 "$work/tools/sendmail" "$work/other/sendmail"

ctl() {
	out=$("$BUILD/weirctl" -c "$work/a.conf" "$@" --mta sendmail 2>&1 \
		</dev/null)
	code=$?
}

ctl hold --sender jake@example.com --reason 'too much' --yes \
	--tools "$work/tools"
is "$code" 0 "mail that waits is quarantined"
like "$out" 'Held 1 message ' "what is already is not taken again"
is "$(<"$work/calls")" '-v -qI6APAgtPM008815 -Qweir: too much' \
	"by its queue id, with the reason"
like "$out" '1 line of .* could not be read and is skipped' \
	"a sender that Sendmail cuts, and whose file is missing, is not known"

rm "$work/calls"
ctl release --sender Jake@example.com --yes --tools "$work/tools"
like "$out" 'Released 2 messages \(200 bytes\)' "quarantined mail is released"
is "$(<"$work/calls")" \
	"-v -qQ -qI6APATSvx026049 -qI6APATSvx026050 -Q
-qI6APATSvx026049 -qI6APATSvx026050" "in one run, and tried at once"

rm "$work/calls"
ctl release --recipient c@y.test --dry-run --tools "$work/tools"
like "$out" 'jake@example.com +1 ' "recipients are known, too"
ctl hold --sender '<>' --json --tools "$work/tools"
like "$out" '"bytes": 2000' "and the null sender"
ok "none of these has touched anything" test ! -e "$work/calls"
ctl hold --sender jake@example.com --yes --tools "$work/other"
is "$code" 69 "the sendmail(1) of another MTA is no Sendmail"
like "$out" "found that of another MTA" "which is said"

# What the listing cuts stands in the control file; what is being delivered is
# still there afterwards; qtool.pl deletes.
mkdir "$work/queue" "$work/client-queue"
long=a.very.long.sender.address.that.does.not.fit.in.a.listing.of.eighty.columns
# shellcheck disable=SC2016 # the "$_" is Sendmail's
put() { # DIRECTORY ID SENDER
	printf 'V8\nT%s\n$_h.test [192.0.2.7]\nS<%s>\nRPFD:<a@y.test>\n%s\n.\n' \
		"$(date +%s)" "$3" "H??Subject: x" >"$work/$1/qf$2"
	echo hi >"$work/$1/df$2"
}
put queue 6APAVSuk029157 "$long@long.test"
put queue 6APAUS7U027820 kim@x.test
put client-queue 6APAWWWW029158 jake@example.com
{
	printf '\t\t%s (2 requests)\n%s\n' "$work/queue" "$head"
	echo "6APAVSuk029157        3      30015 $day <$long@lo"
	printf '\t\t\t\t\t\t<a@y.test>\n'
	echo "6APAUS7U027820*       3      30015 $day <kim@x.test>"
	printf '\t\t\t\t\t\t<a@y.test>\n'
} >"$work/normal"
echo "$work/queue is empty" >"$work/quarantined"
{
	printf '\t\t%s (1 request)\n%s\n' "$work/client-queue" "$head"
	echo "6APAWWWW029158        3      30015 $day jake@example.com"
	printf '\t\t\t\t\t\ta@y.test\n'
} >"$work/client"
ctl hold --sender "$long@long.test" --dry-run --tools "$work/tools"
is "$code" 0 "a long sender is found by its control file"
like "$out" ' 1  15 bytes ' "with the size of the message, not of its body"
ctl hold --client 192.0.2.7 --dry-run --json --tools "$work/tools"
like "$out" '"messages": 3,' "and its client is known"
rm -f "$work/calls"
ctl hold --sender jake@example.com --yes --reason r --tools "$work/tools"
is "$(<"$work/calls")" "-v -qI6APAWWWW029158 -Qweir: r
-Ac -v -qI6APAWWWW029158 -Qweir: r" "mail of the client queue is held there"

printf '#!/bin/sh\nshift 2\nrm -f "$@"\n' >"$work/qtool.pl"
chmod 755 "$work/qtool.pl"
: >"$work/client"
mv "$work/tools/sendmail" "$work/sendmail" # of --tools only
mkdir "$work/bin" && mv "$work/sendmail" "$work/bin"
if [ ! -e /usr/share/sendmail/qtool.pl ]; then
	ctl delete --sender "$long@long.test" --yes --tools "$work/bin"
	is "$code" 69 "without qtool.pl nothing is deleted"
	like "$out" 'qtool.pl not found.*--tools' "which is explained"
fi
mv "$work/qtool.pl" "$work/bin"
ctl delete --sender "$long@long.test" --yes --tools "$work/bin"
is "$code" 0 "mail is held, then deleted by qtool.pl"
like "$out" 'Deleted 1 message ' "which is reported"
ok "and gone" test ! -e "$work/queue/hf6APAVSuk029157"
printf '#!/bin/sh\nexit 0\n' >"$work/bin/qtool.pl"
ctl delete --sender kim@x.test --yes --tools "$work/bin"
is "$code" 75 "what is being delivered is not deleted"
like "$out" '1 is being delivered and was skipped: run it again' \
	"which is said"
done_testing
