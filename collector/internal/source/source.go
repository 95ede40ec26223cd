// Package source turns a referrer into the hit.Host that a visit came from.
//
// Of a referrer only the name of a foreign web site is kept: no path, no query,
// no search term, no port, no user. Names of machines on private networks are
// not kept either, since they can name a person.
package source

import (
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

// Of returns the host of referrer, or the zero Host where there is none to keep:
// no referrer, one that is not a web address or a known app, a page of the site
// itself, an address instead of a name, a name on a private network, or a name
// that [hit.ParseHost] refuses. The host is in lower case and without the
// prefixes www, m and amp; internationalised names stay in their ASCII form.
//
// own reports whether a host belongs to the site; it is asked for the host as
// it stands and without its prefix, and may be nil. It must not keep its argument.
func Of(referrer string, own func(host string) bool) hit.Host {
	if app, ok := strings.CutPrefix(referrer, "android-app://"); ok {
		app, _, _ = strings.Cut(app, "/")
		h, _ := hit.ParseHost(apps[app])
		return h
	}
	name, _, ok := page.Split(referrer)
	if !ok {
		return hit.Host{}
	}
	short := reduce(name)
	if own != nil && (own(name) || own(short)) || isPrivate(short) {
		return hit.Host{}
	}
	h, _ := hit.ParseHost(short)
	return h
}

// reduce takes the prefixes off that name another form of the same site, as long
// as two labels remain.
func reduce(name string) string {
	for {
		first, rest, _ := strings.Cut(name, ".")
		if first != "www" && first != "m" && first != "amp" || !strings.Contains(rest, ".") {
			return name
		}
		name = rest
	}
}

// isPrivate reports whether name is of a machine that the public Internet does
// not know, or of an address written as a name.
func isPrivate(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local",
		"localdomain", "localhost", "private", "test":
		return true
	}
	return false
}

// apps maps the Android apps that send a referrer to the site they belong to.
// Other apps are not kept: their names are chosen by anyone.
var apps = map[string]string{
	"com.facebook.katana":                     "facebook.com",
	"com.google.android.apps.magazines":       "news.google.com",
	"com.google.android.gm":                   "mail.google.com",
	"com.google.android.googlequicksearchbox": "google.com",
	"com.google.android.youtube":              "youtube.com",
	"com.instagram.android":                   "instagram.com",
	"com.linkedin.android":                    "linkedin.com",
	"com.reddit.frontpage":                    "reddit.com",
	"com.slack":                               "slack.com",
	"com.twitter.android":                     "x.com",
	"jp.co.yahoo.android.yjtop":               "yahoo.co.jp",
	"jp.gocro.smartnews.android":              "smartnews.com",
	"jp.naver.line.android":                   "line.me",
	"org.telegram.messenger":                  "telegram.org",
}
