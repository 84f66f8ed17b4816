#!/bin/bash
# SPDX-License-Identifier: ISC
# The example for fail2ban finds the clients in lines that weir-milter has logged,
# and no others. fail2ban itself needs not be there.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
work_start
cd "$(dirname "$0")/../.." || exit 1
weir_config a <<-END
	redis = { server = "unix:$work/none.sock"; };
	limits = (
	  { name = "stranger"; key = "client"; max = 2; per = "1h"; action = "tempfail";
	    match = { not_client = [ "10.0.0.0/8" ]; }; },
	  { name = "own-sender"; key = "sender"; max = 1; per = "1h"; action = "reject";
	    match = { client = [ "10.0.0.0/8" ]; }; } );
END
weir_start a
# messages NUMBER CLIENT
messages() {
	{
		for ((i = 0; i < $1; i++)); do
			echo "from x$2:client=192.0.2.66@example.com"
		done
		echo end
	} | t/lib/session "$work/run/a.sock" "$2" >/dev/null
}
messages 12 192.0.2.7
messages 3 2001:db8::7
messages 3 10.0.0.7
# the summary of a second
ok "there is a summary" wait_for 10 grep -q 'repeated=' "$work/a.log"

# What fail2ban makes of the file, as far as it is used here.
found() {
	perl -e '
		my ($filter, $prefix) = @ARGV;
		open my $in, "<", $filter or die;
		my %set = (__prefix_line => $prefix);
		my ($name, @regex);
		while (<$in>) {
			chomp;
			next if /^[#[]/;
			$name = $1 if s/^(\w+) *= *//;
			s/^ +//;
			next if $_ eq "";
			1 while s/%\((\w+)\)s/$set{$1} \/\/ die $1/e;
			$set{$name} = $_;
			push @regex, s/<ADDR>/([0-9a-fA-F.:]+)/r if $name eq "failregex";
		}
		die "no regex" if @regex != 2;
		for my $line (<STDIN>) {
			$line =~ $_ and print "$1\n" for @regex;
		}' packaging/fail2ban/filter.conf "$1" | sort | uniq -c |
		sed 's/^ *//' | tr '\n' ' '
}
sed -n 's/^weir-milter: //p' "$work/a.log" >"$work/lines"
diag "$(grep queue-id= "$work/lines")"
matched=$(sed 's/^/weir-milter[1]: /' "$work/lines" | found 'weir-milter\[\d+\]: ')
like "$matched" \
	'^[6-9] 192.0.2.7 1 2001:db8::7 $' \
	"five messages and the summaries of the flood, and one of the other"
if command -v fail2ban-regex >/dev/null; then
	mkdir "$work/fail2ban"
	cp packaging/fail2ban/filter.conf "$work/fail2ban/weir.conf"
	sed "s/^/$(date '+%b %d %T') mx1 weir-milter[1]: /" "$work/lines" \
		>"$work/mail.log"
	like "$(fail2ban-regex "$work/mail.log" "$work/fail2ban/weir.conf" 2>&1)" \
		", $((${matched%% *} + 1)) matched" "fail2ban-regex finds as many"
else
	skip "the same by fail2ban-regex" "it is not installed"
fi
done_testing
