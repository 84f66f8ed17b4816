#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl hold and release on Sendmail's queue. A script stands in for
# sendmail(8), so this shows what weirctl asks of it and reads, and not what
# Sendmail does. The form of its listings and answers is that of Sendmail
# 8.17.1; their messages, and the marks '*' and '+', are made up.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/servers.sh"
work_start
[ "$(id -u)" -eq 0 ] || skip_all "only root may do this to a queue"
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
cat >"$work/tools/sendmail" <<EOC
#!/bin/sh
case "\$*" in
"-d0.1 -bt") echo "Version 8.17.1.9" ;;
"-bp -v") cat "$work/normal" ;;
"-bp -v -qQ") cat "$work/quarantined" ;;
*)
	echo "\$*" >>"$work/calls"
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
is "$(cat "$work/calls")" '-v -qI6APAgtPM008815 -Qweir: too much' \
	"by its queue id, with the reason"
like "$out" '1 line of .* could not be read and is left alone' \
	"a sender that Sendmail cuts is not known"

rm "$work/calls"
ctl release --sender Jake@example.com --yes --tools "$work/tools"
like "$out" 'Released 2 messages \(200 bytes\)' "quarantined mail is released"
is "$(cat "$work/calls")" \
	"-v -qQ -qI6APATSvx026049 -qI6APATSvx026050 -Q
-qI6APATSvx026049 -qI6APATSvx026050" "in one run, and tried at once"

rm "$work/calls"
ctl release --recipient c@y.test --dry-run --tools "$work/tools"
like "$out" 'jake@example.com +1 ' "recipients are known, too"
ctl hold --sender '<>' --json --tools "$work/tools"
like "$out" '"bytes": 2000' "and the null sender"
ctl delete --sender jake@example.com --yes --tools "$work/tools"
is "$code" 1 "nothing is deleted"
like "$out" 'Sendmail has no tool that deletes mail.*qtool' "which is explained"
ok "none of these has touched anything" test ! -e "$work/calls"
ctl hold --sender jake@example.com --yes --tools "$work/other"
is "$code" 69 "the sendmail(1) of another MTA is no Sendmail"
like "$out" "found another MTA's" "which is said"
done_testing
