// Package objection knows the one flag that a visitor may have set: a cookie of the
// site's own host, without an identifier, which says that its browser objects to being
// counted. It is set by a click on the opt-out page, or by its script, and by nothing
// else; it is the only cookie that the program reads or sets.
package objection

import "strings"

// Flag is the cookie, as a browser sends it.
const Flag = "oboro_objection=1"

// The headers in which the flag comes and goes, and the first as plain requests are read.
const (
	Sent      = "Cookie"
	SentSmall = "cookie"
	Given     = "Set-Cookie"
)

// seconds is how long a browser keeps the flag: as long as browsers keep any.
const seconds = "34560000" // 400 days

// Set and Unset are what [Given] says of the flag. It is for the site's host alone, is not
// sent from other sites, and can be read by the script that sites embed.
const (
	Set   = Flag + "; Path=/; Max-Age=" + seconds + "; SameSite=Lax"
	Unset = Flag + "; Path=/; Max-Age=0; SameSite=Lax"
	// Secure is added where the page came by https.
	Secure = "; Secure"
)

// In reports whether a Cookie header holds the flag. It looks at nothing else in it.
func In(header string) bool {
	for one := range strings.SplitSeq(header, ";") {
		if strings.Trim(one, " \t") == Flag {
			return true
		}
	}
	return false
}
