/* SPDX-License-Identifier: ISC */

/*
 * One table a rule, each row with the rule on and off; then what comes from
 * hostile hands, and what must hold for all input: an identity is its own.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/address.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define LONG_LENGTH 65000

struct row {
	const char *raw;
	const char *on, *off;
};

/* Without a NUL behind it, so that ASan sees who reads on. */
static char *identity_of(const struct address_rules *rules, const char *raw,
			 size_t length, size_t *length_r)
{
	char *copy = malloc(length > 0 ? length : 1);
	char *identity;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, raw, length);
	identity = address_identity(rules, copy, length, length_r);
	ck_assert_ptr_nonnull(identity);
	ck_assert_int_eq(identity[*length_r], '\0');
	free(copy);
	return identity;
}

/* The identity of an identity is itself. */
static void check_stable(const struct address_rules *rules, const char *raw,
			 size_t raw_length)
{
	size_t first_length, second_length;
	char *first = identity_of(rules, raw, raw_length, &first_length);
	char *second = identity_of(rules, first, first_length, &second_length);

	ck_assert_msg(first_length == second_length &&
			      memcmp(first, second, first_length) == 0,
		      "'%.*s' is '%s', and that is '%s'", (int)raw_length, raw,
		      first, second);
	free(first);
	free(second);
}

static void check_row(const struct address_rules *rules, const char *raw,
		      const char *wanted)
{
	size_t length;
	char *identity = identity_of(rules, raw, strlen(raw), &length);

	ck_assert_msg(strcmp(identity, wanted) == 0, "'%s' is '%s', not '%s'",
		      raw, identity, wanted);
	ck_assert_uint_eq(length, strlen(wanted));
	free(identity);
	check_stable(rules, raw, strlen(raw));
}

/* on: the rules in use; off: the same without the one rule of the table. */
static void check_rule(const struct row *row, const struct address_rules *off)
{
	check_row(&address_rules_default, row->raw, row->on);
	check_row(off, row->raw, row->off);
}

/* The shape of a path: what no rule switches off. */
static const struct {
	const char *raw, *wanted;
} paths[] = {
	{ "", "" },
	{ "<>", "" },
	{ "<> SIZE=100", "" },
	{ "<", "" },
	{ " ", "" },
	{ "jake@example.com", "jake@example.com" },
	{ "<jake@example.com>", "jake@example.com" },
	{ "<jake@example.com", "jake@example.com" },
	{ "jake@example.com>", "jake@example.com" },
	{ "<jake@example.com> SIZE=100 BODY=8BITMIME", "jake@example.com" },
	{ "jake@example.com SIZE=100", "jake@example.com" },
	{ " <jake@example.com>", "jake@example.com" },
	{ "<<jake@example.com>>", "jake@example.com" },
	{ "<\"a b>c\"@example.com> SIZE=1", "\"a b>c\"@example.com" },
	{ "<Jake+News@EXAMPLE.com.>", "jake@example.com" },
	{ "u", "u" },
	{ "U+tag", "u" },
	{ "u@", "u@" },
	{ "@example.com", "@example.com" },
	{ "@", "@" },
	{ "a@b@Example.com", "a@b@example.com" },
	{ "a..b@example.com", "a..b@example.com" },
	{ ".a@example.com", ".a@example.com" },
	{ "a,b@example.com", "a,b@example.com" },
	{ "a:b@example.com", "a:b@example.com" },
	{ "a%b@example.com", "a%b@example.com" },
	{ "a!b@example.com", "a!b@example.com" },
	{ "a*?[b]{c}@example.com", "a*?[b]{c}@example.com" },
	{ "jake@[192.0.2.1]", "jake@[192.0.2.1]" },
	{ "jake@[IPv6:2001:DB8::1]", "jake@[ipv6:2001:db8::1]" },
};

START_TEST(path)
{
	check_row(&address_rules_default, paths[_i].raw, paths[_i].wanted);
}
END_TEST

/* The short way for plain addresses and the long one agree. */
START_TEST(two_ways)
{
	char longer[256] = "<<";

	strcat(longer,
	       paths[_i].raw[0] == '<' ? paths[_i].raw + 1 : paths[_i].raw);
	check_row(&address_rules_default, longer, paths[_i].wanted);
}
END_TEST

static const struct row tags[] = {
	{ "jake+news@x", "jake@x", "jake+news@x" },
	{ "jake+a+b@x", "jake@x", "jake+a+b@x" },
	{ "jake+@x", "jake@x", "jake+@x" },
	{ "+jake@x", "+jake@x", "+jake@x" },
	{ "+jake+a@x", "+jake@x", "+jake+a@x" },
	{ "++@x", "+@x", "++@x" },
	{ "jake-news@x", "jake-news@x", "jake-news@x" },
	{ "\"a b+c\"@x", "\"a b\"@x", "\"a b+c\"@x" },
	{ "\"jake+a b\"@x", "jake@x", "\"jake+a b\"@x" },
	{ "jake+news", "jake", "jake+news" },
	{ "jake@a+b", "jake@a+b", "jake@a+b" },
};

START_TEST(tag)
{
	struct address_rules off = address_rules_default;

	off.tag[0] = '\0';
	check_rule(&tags[_i], &off);
}
END_TEST

START_TEST(several_tag_characters)
{
	struct address_rules rules = address_rules_default;

	strcpy(rules.tag, "+-");
	check_row(&rules, "jake-news@my-host", "jake@my-host");
	check_row(&rules, "jake+a-b@x", "jake@x");
	check_row(&rules, "jake-a+b@x", "jake@x");
	check_row(&rules, "-jake@x", "-jake@x");
}
END_TEST

static const struct row batv[] = {
	{ "prvs=1234abcdef=jake@x", "jake@x", "prvs=1234abcdef=jake@x" },
	{ "PRVS=1234ABCDEF=Jake@X", "jake@x", "prvs=1234abcdef=jake@x" },
	{ "prvs=1234abcdef=jake+news@x", "jake@x", "prvs=1234abcdef=jake@x" },
	{ "prvs=jake/1234abcdef@x", "jake@x", "prvs=jake/1234abcdef@x" },
	{ "prvs=a/b/1234abcdef@x", "a/b@x", "prvs=a/b/1234abcdef@x" },
	{ "prvs=jake/1234abcdef+t@x", "jake@x", "prvs=jake/1234abcdef@x" },
	{ "msprvs1=17565wQTUzNVp=bounces-7@x", "bounces-7@x",
	  "msprvs1=17565wqtuznvp=bounces-7@x" },
	{ "\"prvs=1234abcdef=a b\"@x", "\"a b\"@x",
	  "\"prvs=1234abcdef=a b\"@x" },
	{ "\"prvs=1234abcdef=jake\"@x", "jake@x", "prvs=1234abcdef=jake@x" },
	/* malformed */
	{ "prvs=1234abcdef=@x", "prvs=1234abcdef=@x", "prvs=1234abcdef=@x" },
	{ "prvs=1234abcdef@x", "prvs=1234abcdef@x", "prvs=1234abcdef@x" },
	{ "prvs=123abcdefa=jake@x", "prvs=123abcdefa=jake@x",
	  "prvs=123abcdefa=jake@x" },
	{ "prvs=1234abcdeg=jake@x", "prvs=1234abcdeg=jake@x",
	  "prvs=1234abcdeg=jake@x" },
	{ "prvs=1234abcde=jake@x", "prvs=1234abcde=jake@x",
	  "prvs=1234abcde=jake@x" },
	{ "prvs=1234abcdef0=jake@x", "prvs=1234abcdef0=jake@x",
	  "prvs=1234abcdef0=jake@x" },
	{ "prvs=/1234abcdef@x", "prvs=/1234abcdef@x", "prvs=/1234abcdef@x" },
	{ "prvs=jake/1234abcdeg@x", "prvs=jake/1234abcdeg@x",
	  "prvs=jake/1234abcdeg@x" },
	{ "msprvs1==jake@x", "msprvs1==jake@x", "msprvs1==jake@x" },
	{ "msprvs1=a.b=jake@x", "msprvs1=a.b=jake@x", "msprvs1=a.b=jake@x" },
	{ "msprvs1=abc=@x", "msprvs1=abc=@x", "msprvs1=abc=@x" },
	{ "xprvs=1234abcdef=jake@x", "xprvs=1234abcdef=jake@x",
	  "xprvs=1234abcdef=jake@x" },
	{ "btv1==0777abbcc85==Jake@x", "jake@x", "btv1==0777abbcc85==jake@x" },
	{ "BTV1==068A4973B3A==jake+news@x", "jake@x",
	  "btv1==068a4973b3a==jake@x" },
	{ "btv1==068a4973b3a==a==b@x", "a==b@x", "btv1==068a4973b3a==a==b@x" },
	{ "btv1====jake@x", "btv1====jake@x", "btv1====jake@x" },
	{ "btv1==068a4973b3a==@x", "btv1==068a4973b3a==@x",
	  "btv1==068a4973b3a==@x" },
	{ "btv1==068a4973b3a=jake@x", "btv1==068a4973b3a=jake@x",
	  "btv1==068a4973b3a=jake@x" },
	{ "prvs=1234abcdef=\"a b\"@x", "prvs=1234abcdef=\"a b\"@x",
	  "prvs=1234abcdef=\"a b\"@x" },
};

START_TEST(batv_rule)
{
	struct address_rules off = address_rules_default;

	off.batv = false;
	check_rule(&batv[_i], &off);
}
END_TEST

static const struct row srs[] = {
	{ "SRS0=HHHH=TT=example.org=jake@fwd.example", "jake@example.org",
	  "srs0=hhhh=tt=example.org=jake@fwd.example" },
	{ "srs0-a+/4=2z=Example.ORG=Jake@fwd", "jake@example.org",
	  "srs0-a@fwd" },
	{ "SRS0+HHHH=TT=example.org=jake@fwd", "jake@example.org", "srs0@fwd" },
	{ "SRS0=HHHH=TT=example.org=jake+news@fwd", "jake@example.org",
	  "srs0=hhhh=tt=example.org=jake@fwd" },
	{ "SRS0=HHHH=TT=example.org=a=b@fwd", "a=b@example.org",
	  "srs0=hhhh=tt=example.org=a=b@fwd" },
	{ "SRS0=HHHH=TT=my-dom.org=john.doe@fwd", "john.doe@my-dom.org",
	  "srs0=hhhh=tt=my-dom.org=john.doe@fwd" },
	{ "SRS0=HHHH=TT=b\xc3\xbc"
	  "cher.example=jake@fwd",
	  "jake@xn--bcher-kva.example",
	  "srs0=hhhh=tt=b\xc3\xbc"
	  "cher.example=jake@fwd" },
	{ "SRS0=HHHH=TT=example.org=jake", "jake@example.org",
	  "srs0=hhhh=tt=example.org=jake" },
	{ "SRS1=GGGG=fwd.example==HHHH=TT=example.org=jake@second",
	  "jake@example.org",
	  "srs1=gggg=fwd.example==hhhh=tt=example.org=jake@second" },
	{ "SRS1-GGGG=fwd.example=-HHHH=TT=example.org=jake@second",
	  "jake@example.org",
	  "srs1-gggg=fwd.example=-hhhh=tt=example.org=jake@second" },
	{ "SRS1=GGGG=fwd.example=+HHHH=TT=example.org=jake@second",
	  "jake@example.org", "srs1=gggg=fwd.example=@second" },
	{ "\"SRS0=HHHH=TT=example.org=a b\"@fwd", "\"a b\"@example.org",
	  "\"srs0=hhhh=tt=example.org=a b\"@fwd" },
	{ "\"SRS0=HHHH=TT=example.org=a@b\"@fwd", "\"a@b\"@example.org",
	  "\"srs0=hhhh=tt=example.org=a@b\"@fwd" },
	/* malformed */
	{ "SRS0=HHHH=TT=example.org=@fwd", "srs0=hhhh=tt=example.org=@fwd",
	  "srs0=hhhh=tt=example.org=@fwd" },
	{ "SRS0=HHHH=TT==jake@fwd", "srs0=hhhh=tt==jake@fwd",
	  "srs0=hhhh=tt==jake@fwd" },
	{ "SRS0=HHHH=TT=.org=jake@fwd", "srs0=hhhh=tt=.org=jake@fwd",
	  "srs0=hhhh=tt=.org=jake@fwd" },
	{ "SRS0=HHHH=T=example.org=jake@fwd",
	  "srs0=hhhh=t=example.org=jake@fwd",
	  "srs0=hhhh=t=example.org=jake@fwd" },
	{ "SRS0=HHHH=T1=example.org=jake@fwd",
	  "srs0=hhhh=t1=example.org=jake@fwd",
	  "srs0=hhhh=t1=example.org=jake@fwd" },
	{ "SRS0==TT=example.org=jake@fwd", "srs0==tt=example.org=jake@fwd",
	  "srs0==tt=example.org=jake@fwd" },
	{ "SRS0=HHHH=TT=example.org@fwd", "srs0=hhhh=tt=example.org@fwd",
	  "srs0=hhhh=tt=example.org@fwd" },
	{ "SRS0=HHHH=TT=a/b=jake@fwd", "srs0=hhhh=tt=a/b=jake@fwd",
	  "srs0=hhhh=tt=a/b=jake@fwd" },
	{ "\"SRS0=HHHH=TT=a@b=jake\"@fwd", "\"srs0=hhhh=tt=a@b=jake\"@fwd",
	  "\"srs0=hhhh=tt=a@b=jake\"@fwd" },
	{ "SRS1=GGGG=fwd=HHHH=TT=example.org=jake@second",
	  "srs1=gggg=fwd=hhhh=tt=example.org=jake@second",
	  "srs1=gggg=fwd=hhhh=tt=example.org=jake@second" },
	{ "SRS1=GGGG===HHHH=TT=example.org=jake@second",
	  "srs1=gggg===hhhh=tt=example.org=jake@second",
	  "srs1=gggg===hhhh=tt=example.org=jake@second" },
	{ "SRS2=HHHH=TT=example.org=jake@fwd",
	  "srs2=hhhh=tt=example.org=jake@fwd",
	  "srs2=hhhh=tt=example.org=jake@fwd" },
	{ "SRS0.HHHH=TT=example.org=jake@fwd",
	  "srs0.hhhh=tt=example.org=jake@fwd",
	  "srs0.hhhh=tt=example.org=jake@fwd" },
	{ "SRS0=<=TT=example.org=<x@fwd", "srs0=<=tt=example.org=<x@fwd",
	  "srs0=<=tt=example.org=<x@fwd" },
};

START_TEST(srs_rule)
{
	struct address_rules off = address_rules_default;

	off.srs = false;
	check_rule(&srs[_i], &off);
}
END_TEST

/* Tags are off here, to see what this rule does alone. */
static const struct row verp[] = {
	{ "owner-list+user=example.org@x", "owner-list@x",
	  "owner-list+user=example.org@x" },
	{ "list-bounces+user+tag=example.org@x", "list-bounces@x",
	  "list-bounces+user+tag=example.org@x" },
	{ "list-bounces+first-last=example.org@x", "list-bounces@x",
	  "list-bounces+first-last=example.org@x" },
	{ "owner-list-user=example.org@x", "owner-list@x",
	  "owner-list-user=example.org@x" },
	{ "owner-list-user=my-example.org@x", "owner-list@x",
	  "owner-list-user=my-example.org@x" },
	{ "list-return-123-user=example.org@x", "list-return@x",
	  "list-return-123-user=example.org@x" },
	{ "list-return-123-first-last=example.org@x", "list-return@x",
	  "list-return-123-first-last=example.org@x" },
	{ "list-return-123+user=example.org@x", "list-return@x",
	  "list-return-123+user=example.org@x" },
	{ "list-1a-user=example.org@x", "list-1a@x",
	  "list-1a-user=example.org@x" },
	{ "123-user=example.org@x", "123@x", "123-user=example.org@x" },
	{ "-123-user=example.org@x", "-123@x", "-123-user=example.org@x" },
	{ "\"my list+user=example.org\"@x", "\"my list\"@x",
	  "\"my list+user=example.org\"@x" },
	{ "list+user=b\xc3\xbc"
	  "cher.example@x",
	  "list@x",
	  "list+user=b\xc3\xbc"
	  "cher.example@x" },
	{ "bounce+user==a==example.org==news@x", "news@x",
	  "bounce+user==a==example.org==news@x" },
	{ "bounce+u+t==a==my-example.org==News-Two==w@x", "news-two@x",
	  "bounce+u+t==a==my-example.org==news-two==w@x" },
	{ "bounce+u==a==example.org==news==123@x", "news@x",
	  "bounce+u==a==example.org==news==123@x" },
	{ "bounces+45329440-6cd3-first-last=example.org@x",
	  "bounces-45329440@x",
	  "bounces+45329440-6cd3-first-last=example.org@x" },
	{ "bounce-mc.us17_123456.7654321-first-last=example.org@x",
	  "bounce-mc.us17_123456@x",
	  "bounce-mc.us17_123456.7654321-first-last=example.org@x" },
	{ "owner-list*user**example.org@x", "owner-list@x",
	  "owner-list*user**example.org@x" },
	{ "list-return-warn-1291230010.abcdefghij-first-last=example.org@x",
	  "list-return@x",
	  "list-return-warn-1291230010.abcdefghij-first-last=example.org@x" },
	{ "list-return-probe-abc-user=example.org@x", "list-return@x",
	  "list-return-probe-abc-user=example.org@x" },
	{ "list+bounces-12-user=example.org@x", "list@x",
	  "list+bounces-12-user=example.org@x" },
	/* malformed */
	{ "bounce+user==a==example.org==@x", "bounce+user==a==example.org==@x",
	  "bounce+user==a==example.org==@x" },
	{ "bounce+==a==example.org==l@x", "bounce+==a==example.org==l@x",
	  "bounce+==a==example.org==l@x" },
	{ "bounces+4a-6cd3-u=example.org@x", "bounces@x",
	  "bounces+4a-6cd3-u=example.org@x" },
	{ "a*b**c@x", "a*b**c@x", "a*b**c@x" },
	{ "*b**c.d@x", "*b**c.d@x", "*b**c.d@x" },
	{ "+user=example.org@x", "+user=example.org@x", "+user=example.org@x" },
	{ "list+=example.org@x", "list+=example.org@x", "list+=example.org@x" },
	{ "list+user=localhost@x", "list+user=localhost@x",
	  "list+user=localhost@x" },
	{ "list+user=.org@x", "list+user=.org@x", "list+user=.org@x" },
	{ "list+user=example.@x", "list+user=example.@x",
	  "list+user=example.@x" },
	{ "list+user=@x", "list+user=@x", "list+user=@x" },
	{ "user=example.org@x", "user=example.org@x", "user=example.org@x" },
	{ "list+a=b=example.org@x", "list+a=b=example.org@x",
	  "list+a=b=example.org@x" },
	{ "list-123@x", "list-123@x", "list-123@x" },
};

START_TEST(verp_rule)
{
	struct address_rules on = address_rules_default;
	struct address_rules off;

	on.tag[0] = '\0';
	off = on;
	off.verp = false;
	check_row(&on, verp[_i].raw, verp[_i].on);
	check_row(&off, verp[_i].raw, verp[_i].off);
	check_stable(&address_rules_default, verp[_i].raw,
		     strlen(verp[_i].raw));
}
END_TEST

static const struct row cases[] = {
	{ "Jake@EXAMPLE.com", "jake@example.com", "Jake@example.com" },
	{ "<JAKE@example.com>", "jake@example.com", "JAKE@example.com" },
	{ "\"A B\"@X", "\"a b\"@x", "\"A B\"@x" },
	{ "JAKE", "jake", "JAKE" },
	{ "J\xc3\x96RG@x", "j\xc3\xb6rg@x", "J\xc3\x96RG@x" },
	/* NFD: o and a combining diaeresis */
	{ "JO\xcc\x88RG@x", "j\xc3\xb6rg@x", "JO\xcc\x88RG@x" },
	/* a final sigma */
	{ "\xce\x91\xce\xa3@x", "\xce\xb1\xcf\x82@x", "\xce\x91\xce\xa3@x" },
	/* Kelvin sign */
	{ "\xe2\x84\xaa@x", "k@x", "\xe2\x84\xaa@x" },
	/* the Greek question mark is a semicolon to NFC */
	{ "A\xcd\xbe@x", "a;@x", "A\xcd\xbe@x" },
	{ "\"A\xcd\xbe\"@x", "\"a;\"@x", "A\xcd\xbe@x" },
	/* no UTF-8 */
	{ "J\xd6RG@x", "j\xd6rg@x", "J\xd6RG@x" },
	{ "\xc3\x89+\xff@x", "\xc3\xa9@x", "\xc3\x89@x" },
	{ "J\xed\xa0\x80@X", "j\xed\xa0\x80@x", "J\xed\xa0\x80@x" },
	/* opaque to all rules but this */
	{ "A\"B@C\"D@X", "a\"b@c\"d@x", "A\"B@C\"D@x" },
};

START_TEST(lowercase_rule)
{
	struct address_rules off = address_rules_default;

	off.lowercase = false;
	check_rule(&cases[_i], &off);
}
END_TEST

#define FULL_63 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row alabels[] = {
	{ "u@B\xc3\xbc"
	  "cher.Example",
	  "u@xn--bcher-kva.example",
	  "u@b\xc3\xbc"
	  "cher.example" },
	{ "u@bu\xcc\x88"
	  "cher.example",
	  "u@xn--bcher-kva.example",
	  "u@b\xc3\xbc"
	  "cher.example" },
	{ "u@B\xc3\x9c"
	  "CHER.example",
	  "u@xn--bcher-kva.example",
	  "u@b\xc3\xbc"
	  "cher.example" },
	{ "u@XN--BCHER-KVA.example", "u@xn--bcher-kva.example",
	  "u@xn--bcher-kva.example" },
	/* IDNA 2008: the sharp s is a letter of its own */
	{ "u@stra\xc3\x9f"
	  "e.example",
	  "u@xn--strae-oqa.example",
	  "u@stra\xc3\x9f"
	  "e.example" },
	/* ideographic full stops */
	{ "u@b\xc3\xbc\xe3\x80\x82"
	  "example\xe3\x80\x82",
	  "u@xn--b-eha.example",
	  "u@b\xc3\xbc\xe3\x80\x82"
	  "example\xe3\x80\x82" },
	/* what would not be a host name stays: full-width @ and < */
	{ "u@a\xef\xbc\xa0"
	  "b.example",
	  "u@a\xef\xbc\xa0"
	  "b.example",
	  "u@a\xef\xbc\xa0"
	  "b.example" },
	{ "u@a\xef\xbc\x9c"
	  "b.example",
	  "u@a\xef\xbc\x9c"
	  "b.example",
	  "u@a\xef\xbc\x9c"
	  "b.example" },
	{ "u@a\xff.EXAMPLE", "u@a\xff.example", "u@a\xff.example" },
	{ "u@" FULL_63 FULL_63 "\xc3\xbc", "u@" FULL_63 FULL_63 "\xc3\xbc",
	  "u@" FULL_63 FULL_63 "\xc3\xbc" },
	{ "u@x.", "u@x", "u@x" },
	{ "u@x...", "u@x", "u@x" },
	{ "u@.", "u@", "u@" },
	{ "u@a_b.Example", "u@a_b.example", "u@a_b.example" },
};

START_TEST(alabel_rule)
{
	struct address_rules off = address_rules_default;

	off.alabel = false;
	check_rule(&alabels[_i], &off);
}
END_TEST

static const struct row routes[] = {
	{ "<@a,@b:user@c>", "user@c", "@a,@b:user@c" },
	{ "@a:user@c", "user@c", "@a:user@c" },
	{ "<@A.example:User@C>", "user@c", "@a.example:user@c" },
	{ "@[192.0.2.1],@[IPv6:2001:db8::1]:user@c", "user@c",
	  "@[192.0.2.1],@[ipv6:2001:db8::1]:user@c" },
	{ "@a:@b:user@c", "user@c", "@a:@b:user@c" },
	{ "@a:\"x y\"@c", "\"x y\"@c", "@a:\"x y\"@c" },
	{ "@a:user+tag@c", "user@c", "@a:user+tag@c" },
	{ "@a:prvs=1234abcdef=user@c", "user@c", "@a:prvs=1234abcdef=user@c" },
	/* malformed */
	{ "@a,b:user@c", "@a,b:user@c", "@a,b:user@c" },
	{ "@a,:user@c", "@a,:user@c", "@a,:user@c" },
	{ "@:user@c", "@:user@c", "@:user@c" },
	{ "@a,@:user@c", "@a,@:user@c", "@a,@:user@c" },
	{ "@a@b:user@c", "@a@b:user@c", "@a@b:user@c" },
	{ "@[a:user@c", "@[a:user@c", "@[a:user@c" },
	{ "@[a<]:user@c", "@[a<]:user@c", "@[a<]:user@c" },
	{ "@a:", "@a:", "@a:" },
	{ "@a:>", "@a:", "@a:" },
	{ "@a:<user@c>", "@a:<user@c", "@a:<user@c" },
	{ "@a,@b", "@a,@b", "@a,@b" },
	{ "@a,+b@c:d", "@a,+b@c:d", "@a,+b@c:d" },
	{ "@a<\xcc\xb8"
	  "b:user@c",
	  "@a<\xcc\xb8"
	  "b:user@c",
	  "@a<\xcc\xb8"
	  "b:user@c" },
	{ "@a,@x<\xcc\xb8:y", "@a,@x<\xcc\xb8:y", "@a,@x<\xcc\xb8:y" },
};

START_TEST(routes_rule)
{
	struct address_rules off = address_rules_default;

	off.routes = false;
	check_rule(&routes[_i], &off);
}
END_TEST

static const struct row quotes[] = {
	{ "\"jake\"@x", "jake@x", "\"jake\"@x" },
	{ "\"Jake.Doe\"@X", "jake.doe@x", "\"jake.doe\"@x" },
	{ "\"j\\ake\"@x", "jake@x", "\"j\\ake\"@x" },
	{ "\"a b\"@x", "\"a b\"@x", "\"a b\"@x" },
	{ "\"\\a\\ b\"@x", "\"a b\"@x", "\"\\a\\ b\"@x" },
	{ "\"a\\\"b\\\\c\"@x", "\"a\\\"b\\\\c\"@x", "\"a\\\"b\\\\c\"@x" },
	{ "\"a@b\"@x", "\"a@b\"@x", "\"a@b\"@x" },
	{ "\"\"@x", "\"\"@x", "\"\"@x" },
	{ "\"a..b\"@x", "\"a..b\"@x", "\"a..b\"@x" },
	{ "\".a\"@x", "\".a\"@x", "\".a\"@x" },
	{ "\"a.\"@x", "\"a.\"@x", "\"a.\"@x" },
	{ "\"jake+tag\"@x", "jake@x", "\"jake+tag\"@x" },
	{ "\"prvs=1234abcdef=jake\"@x", "jake@x",
	  "\"prvs=1234abcdef=jake\"@x" },
	{ "\"j\xc3\xb6rg\"@x", "j\xc3\xb6rg@x", "\"j\xc3\xb6rg\"@x" },
	{ "\"<jake>\"@x", "\"<jake>\"@x", "\"<jake>\"@x" },
	{ "\"jake\"", "jake", "\"jake\"" },
	/* malformed */
	{ "\"jake@X", "\"jake@x", "\"jake@x" },
	{ "\"jake\\\"@X", "\"jake\\\"@x", "\"jake\\\"@x" },
	{ "ja\"ke\"@x", "ja\"ke\"@x", "ja\"ke\"@x" },
	{ "\"a\"b@x", "\"a\"b@x", "\"a\"b@x" },
	{ "\"a\".\"b\"+c@x", "\"a\".\"b\"+c@x", "\"a\".\"b\"+c@x" },
	{ "a\"+\"b@x", "a\"+\"b@x", "a\"+\"b@x" },
	{ "a\\+b@x", "a\\+b@x", "a\\+b@x" },
	{ "\"@x", "\"@x", "\"@x" },
	{ "a@b\"C D\"@\"E", "a@b\"c d\"@\"e", "a@b\"c d\"@\"e" },
};

START_TEST(quotes_rule)
{
	struct address_rules off = address_rules_default;

	off.quotes = false;
	check_rule(&quotes[_i], &off);
}
END_TEST

#define PRVS "prvs=1234abcdef="

/* Three wrappings come off, four are none of ours. */
static const struct {
	const char *raw, *wanted;
} nested[] = {
	{ PRVS PRVS "jake@x", "jake@x" },
	{ PRVS PRVS PRVS "jake@x", "jake@x" },
	{ PRVS PRVS PRVS PRVS "jake@X", PRVS PRVS PRVS PRVS "jake@x" },
	{ PRVS PRVS PRVS PRVS "jake+t@x", PRVS PRVS PRVS PRVS "jake+t@x" },
	{ "\"" PRVS PRVS PRVS PRVS "a \\b\"@x",
	  "\"" PRVS PRVS PRVS PRVS "a b\"@x" },
	{ PRVS "SRS0=HHHH=TT=example.org=list-7-u=d.example@fwd",
	  "list@example.org" },
	{ "SRS0=HHHH=TT=b.org=" PRVS "SRS0=HHHH=TT=a.org=jake@fwd",
	  "jake@a.org" },
	{ "SRS0=HH=TT=d.org=SRS0=HH=TT=c.org=SRS0=HH=TT=b.org=SRS0=HH=TT="
	  "a.org=u@fwd",
	  "srs0=hh=tt=d.org=srs0=hh=tt=c.org=srs0=hh=tt=b.org=srs0=hh=tt="
	  "a.org=u@fwd" },
	{ "list-7-u=d.example+tag@x", "list@x" },
};

START_TEST(nesting)
{
	check_row(&address_rules_default, nested[_i].raw, nested[_i].wanted);
}
END_TEST

START_TEST(no_rules)
{
	static const struct address_rules none = { .tag = "" };

	check_row(&none, "<@a,@B:\"Jake\"+x=y.z@C.>", "@a,@B:\"Jake\"+x=y.z@c");
	check_row(&none, PRVS "Jake@X", PRVS "Jake@x");
}
END_TEST

/* Bytes that are nobody's letters come through as they are. */
START_TEST(hostile_bytes)
{
	static const char raw[] = "<A\0b\r\nc\x1b%s\\@X\0Y.COM>";
	static const char wanted[] = "a\0b\r\nc\x1b%s\\@x\0y.com";
	size_t length;
	char *identity = identity_of(&address_rules_default, raw,
				     sizeof(raw) - 1, &length);

	ck_assert_uint_eq(length, sizeof(wanted) - 1);
	ck_assert_mem_eq(identity, wanted, sizeof(wanted));
	free(identity);
	check_stable(&address_rules_default, raw, sizeof(raw) - 1);
}
END_TEST

START_TEST(long_address)
{
	static char raw[65536 + 16];
	size_t length;
	char *identity;

	memset(raw, 'A', 65536);
	strcpy(raw + 65536, "@Example.COM");
	identity = identity_of(&address_rules_default, raw, 65536 + 12,
			       &length);
	ck_assert_uint_eq(length, 65536 + 12);
	ck_assert_int_eq(identity[65535], 'a');
	ck_assert_str_eq(identity + 65536, "@example.com");
	free(identity);
}
END_TEST

/* Each would take minutes if anything here were quadratic. */
static const char *const fills[] = {
	"=",
	"-",
	"@",
	"\"",
	"<",
	"\\",
	".",
	"+",
	":",
	",",
	"@a:",
	"@a,",
	"@[",
	"-1",
	"a-1-",
	"prvs=",
	PRVS,
	"SRS0=a=TT=b=",
	"SRS1=a=b==a=TT=b=",
	"l+u=",
	"l-u=d.e",
	"\"\\",
	"\\\"",
	"\xff",
	"\xc3\xa9",
	"\xce\xa3",
	"\xce\xa3.",
	"a\xcc\x88",
	"\xcc\xa3\xcc\x88",
	"\xe3\x80\x82",
	" ",
	">",
	"[",
	"]",
};

START_TEST(long_fills)
{
	static const char *const heads[] = {
		"", "<", "\"", "u@", "prvs=1234abcdef=", "SRS0=a=TT=b=", "@a:",
	};
	static const char *const tails[] = { "", "@x", "\"@x", "=a.b@x" };
	static char raw[LONG_LENGTH + 64];

	for (int i = 0; i < COUNT(heads) * COUNT(tails); i++) {
		size_t length = strlen(heads[i / COUNT(tails)]);
		const char *tail = tails[i % COUNT(tails)];

		strcpy(raw, heads[i / COUNT(tails)]);
		while (length < LONG_LENGTH) {
			strcpy(raw + length, fills[_i]);
			length += strlen(fills[_i]);
		}
		strcpy(raw + length, tail);
		check_stable(&address_rules_default, raw,
			     length + strlen(tail));
	}
}
END_TEST

/* xorshift64*, so that each run has the same strings. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717) >> 33;
}

static const char *const fragments[] = {
	"a",
	"B",
	"jake",
	"x.org",
	"EXAMPLE.com",
	"@",
	"@",
	"+",
	"-",
	"=",
	"=",
	".",
	"..",
	"\"",
	"\"",
	"\\",
	"<",
	">",
	" ",
	",",
	":",
	"@a:",
	"@a,@b:",
	"[",
	"]",
	"@[",
	"[192.0.2.1]",
	"IPv6:",
	PRVS,
	"prvs=",
	"/1234abcdef",
	"msprvs1=ab=",
	"SRS0=HH=TT=",
	"SRS0+",
	"SRS1=HH=f.g=",
	"srs0-HH=TT=c.d=",
	"list-7-",
	"-12",
	"u=d.org",
	"+u=d.org",
	"\n",
	";",
	"\xff",
	"\xc3",
	"\xa9",
	"\xc3\x89",
	"\xce\xa3",
	"\xcc\x88",
	"\xcc\xb8",
	"\xcd\xbe",
	"\xe2\x84\xaa",
	"\xc4\xb0",
	"\xe3\x80\x82",
	"\xef\xbc\xa0",
	"\xef\xbc\x8b",
	"\xef\xbc\x9d",
	"\xc3\x9f",
	"xn--bcher-kva",
	"\xe1\xba\x9e",
	"\xe1\xbf\xaf",
	"\xe0\xbe\xb2\xe0\xbe\x80",
	"\xd7\xa9\xd6\xbc\xd7\x81",
	"\xe1\x84\x80\xe1\x85\xa1",
	"\xcd\x85",
	"\xe1\xbe\xb8",
	"\xe1\x8e\xa0",
	"\xf0\x9d\x85\x9f",
	"(",
	")",
	"%",
	"!",
	"",
};

static size_t random_address(uint64_t *state, char buffer[1024])
{
	size_t count = 1 + next_random(state) % 14;

	buffer[0] = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(buffer, fragments[next_random(state) %
					 (size_t)COUNT(fragments)]);
	if (next_random(state) % 2 == 0)
		strcat(buffer, "@X.example");
	return strlen(buffer);
}

START_TEST(random_addresses)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
	char raw[1024];

	for (int i = 0; i < 10000; i++) {
		size_t length = random_address(&state, raw);

		/* Now and then a NUL. */
		if (length > 0 && next_random(&state) % 16 == 0)
			raw[next_random(&state) % length] = '\0';
		check_stable(&address_rules_default, raw, length);
	}
}
END_TEST

/* Any set of rules, not only the default one. */
START_TEST(random_rules)
{
	uint64_t state = UINT64_C(0x2545f4914f6cdd1d);
	char raw[1024];

	for (int i = 0; i < 10000; i++) {
		size_t length = random_address(&state, raw);
		uint64_t bits = next_random(&state);
		struct address_rules rules = {
			.tag = "+-",
			.batv = (bits & 1) != 0,
			.srs = (bits & 2) != 0,
			.verp = (bits & 4) != 0,
			.lowercase = (bits & 8) != 0,
			.alabel = (bits & 16) != 0,
			.routes = (bits & 32) != 0,
			.quotes = (bits & 64) != 0,
		};

		rules.tag[bits >> 7 & 1] = '\0';
		check_stable(&rules, raw, length);
	}
}
END_TEST

static const struct {
	const char *identity, *wanted;
} domains[] = {
	{ "jake@example.com", "example.com" },
	{ "a@b@example.com", "example.com" },
	{ "\"a@b\"@example.com", "example.com" },
	{ "\"a\\\"@b\"@example.com", "example.com" },
	{ "\"a@b\"", "" },
	{ "\"a@b", "" },
	{ "a@b\"@c\"", "b\"@c\"" },
	{ "jake", "" },
	{ "jake@", "" },
	{ "", "" },
	{ "@x", "x" },
};

START_TEST(domain)
{
	const char *identity = domains[_i].identity;
	size_t length;
	const char *found = address_domain(identity, strlen(identity), &length);

	ck_assert_uint_eq(length, strlen(domains[_i].wanted));
	ck_assert_str_eq(found, domains[_i].wanted);
	ck_assert_ptr_eq(found, identity + strlen(identity) - length);
}
END_TEST

static const struct {
	const char *raw, *with_alabel, *without;
} helos[] = {
	{ "", "", "" },
	{ "Mail.Example.COM.", "mail.example.com", "mail.example.com" },
	{ "[192.0.2.1]", "[192.0.2.1]", "[192.0.2.1]" },
	{ "[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]" },
	{ "B\xc3\x9c"
	  "CHER.example",
	  "xn--bcher-kva.example",
	  "b\xc3\xbc"
	  "cher.example" },
	{ "\xff.Example", "\xff.example", "\xff.example" },
	{ "<x y@Z\n>", "<x y@z\n>", "<x y@z\n>" },
	{ "...", "", "" },
};

START_TEST(domain_identity)
{
	const char *raw = helos[_i].raw;
	size_t length;
	char *identity = address_domain_identity(raw, strlen(raw), true,
						 &length);

	ck_assert_str_eq(identity, helos[_i].with_alabel);
	ck_assert_uint_eq(length, strlen(identity));
	free(identity);
	identity = address_domain_identity(raw, strlen(raw), false, &length);
	ck_assert_str_eq(identity, helos[_i].without);
	ck_assert_uint_eq(length, strlen(identity));
	free(identity);
}
END_TEST

static void add_rules(TCase *tcase)
{
	tcase_add_loop_test(tcase, path, 0, COUNT(paths));
	tcase_add_loop_test(tcase, two_ways, 0, COUNT(paths));
	tcase_add_loop_test(tcase, tag, 0, COUNT(tags));
	tcase_add_test(tcase, several_tag_characters);
	tcase_add_loop_test(tcase, batv_rule, 0, COUNT(batv));
	tcase_add_loop_test(tcase, srs_rule, 0, COUNT(srs));
	tcase_add_loop_test(tcase, verp_rule, 0, COUNT(verp));
	tcase_add_loop_test(tcase, lowercase_rule, 0, COUNT(cases));
	tcase_add_loop_test(tcase, alabel_rule, 0, COUNT(alabels));
	tcase_add_loop_test(tcase, routes_rule, 0, COUNT(routes));
	tcase_add_loop_test(tcase, quotes_rule, 0, COUNT(quotes));
	tcase_add_loop_test(tcase, nesting, 0, COUNT(nested));
	tcase_add_test(tcase, no_rules);
	tcase_add_loop_test(tcase, domain, 0, COUNT(domains));
	tcase_add_loop_test(tcase, domain_identity, 0, COUNT(helos));
}

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *rules = tcase_create("rules");
	TCase *hostile = tcase_create("hostile");

	add_rules(rules);
	suite_add_tcase(suite, rules);
	tcase_add_test(hostile, hostile_bytes);
	tcase_add_test(hostile, long_address);
	tcase_add_loop_test(hostile, long_fills, 0, COUNT(fills));
	tcase_add_test(hostile, random_addresses);
	tcase_add_test(hostile, random_rules);
	tcase_set_timeout(hostile, 30); /* ASan and valgrind are slow */
	suite_add_tcase(suite, hostile);
	return check_run(suite);
}
