#!/bin/bash
# SPDX-License-Identifier: ISC
# Each place that must name the version has that of the Makefile.
# shellcheck source=t/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
version=$(sed -n 's/^VERSION = //p' Makefile)

for program in weir-milter weir-keeper weirctl; do
	is "$("$BUILD/$program" -V)" "weir $version" "$program -V"
done
is "$(sed -n 's/^weir (\(.*\)-[^-]*) .*/\1/p' packaging/debian/changelog | head -n 1)" \
	"$version" "the package of Debian"
is "$(sed -n 's/^Version: *//p' packaging/rpm/weir.spec)" "$version" \
	"the spec file of RPM"
is "$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)" \
	"$version" "the changelog"
is "$(grep -o 'weir_[0-9.]*-' README.md | sort -u)" "weir_$version-" "the README"
done_testing
