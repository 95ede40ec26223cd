package source

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"oboro/collector/hit"
)

// What bounds the work for one query, and for one declaration.
const (
	maxQuery  = 4096 // bytes of a query that are looked at
	maxValue  = 128  // bytes of a value, once decoded
	maxValues = 500  // declared values of one parameter
)

// Campaigns are the declared values of the parameters that the makers of links add
// to them.
type Campaigns struct{ source, medium, campaign declared }

// A Declaration is what the operator declares: for each parameter, values, and
// beginnings of values with a final "*". They are compared without regard to case, in
// Unicode normal form NFC.
type Declaration struct{ Source, Medium, Campaign []string }

// NewCampaigns returns the campaigns of a declaration. Where it is refused, refused
// is the first value that no [hit.Tag] can have, or the first beyond 500 of one
// parameter.
func NewCampaigns(d Declaration) (c *Campaigns, refused string, ok bool) {
	c = new(Campaigns)
	for _, p := range [...]struct {
		to     *declared
		values []string
	}{{&c.source, d.Source}, {&c.medium, d.Medium}, {&c.campaign, d.Campaign}} {
		if len(p.values) > maxValues {
			return nil, p.values[maxValues], false
		}
		if refused, ok := p.to.declare(p.values); !ok {
			return nil, refused, false
		}
	}
	return c, "", true
}

// declared are the values of one parameter.
type declared struct {
	exact    map[string]hit.Tag
	patterns []pattern // the longest first
	other    hit.Tag   // of what is not declared; none where nothing is
}

type pattern struct {
	beginning string
	tag       hit.Tag
}

func (d *declared) declare(values []string) (refused string, ok bool) {
	d.exact = make(map[string]hit.Tag, len(values))
	if len(values) > 0 {
		d.other, _ = hit.ParseTag(hit.OtherTag)
	}
	for _, value := range values {
		beginning, isPattern := strings.CutSuffix(value, "*")
		text, ok := fold([]byte(beginning))
		if isPattern {
			text = append(text, '*')
		}
		tag, isTag := hit.ParseTag(string(text))
		if !ok || !isTag {
			return value, false
		}
		if isPattern {
			d.patterns = append(d.patterns, pattern{string(text[:len(text)-1]), tag})
		} else {
			d.exact[string(text)] = tag
		}
	}
	slices.SortStableFunc(d.patterns, func(a, b pattern) int { return len(b.beginning) - len(a.beginning) })
	return "", true
}

// find returns the declared tag of a value, or the other tag if any is declared; it sets isDeclared where
// there is one.
func (d *declared) find(value []byte, isDeclared *bool) hit.Tag {
	if tag, ok := d.exact[string(value)]; ok {
		*isDeclared = true
		return tag
	}
	for i := range d.patterns {
		p := &d.patterns[i]
		if n := len(p.beginning); len(value) >= n && string(value[:n]) == p.beginning {
			*isDeclared = true
			return p.tag
		}
	}
	return d.other
}

// A link is what the maker of a link told with it, in words of ours and of the
// declaration.
type link struct {
	tags     hit.Tags
	declared bool        // one of them is
	word     hit.Channel // that medium or source are a word for
	service  service     // that source is the name of
}

// readLink reads a query, of which it looks at the first 4096 bytes. Of a parameter that
// stands there twice, the first counts.
func readLink(query string, c *Campaigns) (l link) {
	if len(query) > maxQuery {
		query = query[:maxQuery]
	}
	query = strings.TrimPrefix(query, "?")
	var seen [parameters]bool
	for query != "" {
		pair := query
		if i := strings.IndexByte(query, '&'); i >= 0 {
			pair, query = query[:i], query[i+1:]
		} else {
			query = ""
		}
		which := parameter(pair)
		if which < 0 || seen[which] || which == ofCampaign && c == nil {
			continue
		}
		seen[which] = true
		l.read(which, pair[len(parameterNames[which]):], c)
	}
	return l
}

// The parameters that are read, and which of them is which.
const (
	ofSource = iota
	ofMedium
	ofCampaign
	parameters
)

var parameterNames = [parameters]string{"utm_source=", "utm_medium=", "utm_campaign="}

// parameter returns which of the parameters a pair is of, or -1.
func parameter(pair string) int {
	if len(pair) < len("utm_") || pair[3] != '_' { // most pairs
		return -1
	}
	for i, p := range parameterNames {
		if len(pair) > len(p) && strings.EqualFold(pair[:len(p)], p) {
			return i
		}
	}
	return -1
}

// read reads the value of one parameter.
func (l *link) read(which int, encoded string, c *Campaigns) {
	var room [maxValue]byte
	value, ok := decode(room[:0], encoded)
	if ok {
		value, ok = fold(value)
	}
	if !ok {
		value = nil // as which nothing is declared
	}
	switch which {
	case ofSource:
		l.service = lists().hosts.named(value)
		if word := words[string(value)]; l.word == hit.UnknownChannel && (word == hit.Mail || word == hit.Print) {
			l.word = word
		}
	case ofMedium:
		if word := mediumWord(value); word != hit.UnknownChannel {
			l.word = word
		}
	}
	if c == nil {
		return
	}
	switch which {
	case ofSource:
		l.tags.Source = c.source.find(value, &l.declared)
	case ofMedium:
		l.tags.Medium = c.medium.find(value, &l.declared)
	case ofCampaign:
		l.tags.Campaign = c.campaign.find(value, &l.declared)
	}
}

// mediumWord returns the channel that a medium is a word for.
func mediumWord(value []byte) hit.Channel {
	const paid = "paid" // paid-search, paid_social, paidvideo
	if len(value) >= len(paid) && string(value[:len(paid)]) == paid {
		return hit.Campaign
	}
	return words[string(value)]
}

// words are what makers of links write for a channel.
var words = map[string]hit.Channel{
	"qr": hit.Print, "qrcode": hit.Print, "qr-code": hit.Print, "qr_code": hit.Print, "qr code": hit.Print,
	"print": hit.Print, "offline": hit.Print, "flyer": hit.Print, "leaflet": hit.Print, "poster": hit.Print,
	"brochure": hit.Print, "pamphlet": hit.Print, "chirashi": hit.Print,
	"qrコード": hit.Print, "チラシ": hit.Print, "ポスター": hit.Print, "広報誌": hit.Print, "広報紙": hit.Print,

	"email": hit.Mail, "e-mail": hit.Mail, "e_mail": hit.Mail, "e mail": hit.Mail, "mail": hit.Mail,
	"newsletter": hit.Mail, "mailmagazine": hit.Mail, "mail-magazine": hit.Mail, "mail_magazine": hit.Mail,
	"mailmaga": hit.Mail, "merumaga": hit.Mail, "メール": hit.Mail, "メルマガ": hit.Mail,

	"cpc": hit.Campaign, "ppc": hit.Campaign, "cpm": hit.Campaign, "cpa": hit.Campaign, "cpv": hit.Campaign,
	"cpe": hit.Campaign, "cpp": hit.Campaign, "cpi": hit.Campaign, "retargeting": hit.Campaign, "display": hit.Campaign,
	"banner": hit.Campaign, "interstitial": hit.Campaign, "expandable": hit.Campaign, "ad": hit.Campaign, "ads": hit.Campaign,
	"advertising": hit.Campaign, "listing": hit.Campaign, "affiliate": hit.Campaign, "affiliates": hit.Campaign,
	"広告": hit.Campaign,

	"social": hit.Social, "sns": hit.Social, "sm": hit.Social, "social-network": hit.Social,
	"social_network": hit.Social, "social network": hit.Social, "social-media": hit.Social, "social_media": hit.Social,
	"social media": hit.Social,

	"ai-assistant": hit.AIAssistant, "ai": hit.AIAssistant,
}

// decode undoes the encoding of a value of a query, once, into room. It refuses a
// value that is longer than room or broken.
func decode(room []byte, encoded string) ([]byte, bool) {
	for i := 0; i < len(encoded); i++ {
		if len(room) == cap(room) {
			return nil, false
		}
		c := encoded[i]
		switch c {
		case '#': // where the fragment begins, if it was left on
			return room, true
		case '+':
			c = ' '
		case '%':
			if len(encoded) < i+3 {
				return nil, false
			}
			high, low := nibble(encoded[i+1]), nibble(encoded[i+2])
			if high > 15 || low > 15 {
				return nil, false
			}
			c = high<<4 | low
			i += 2
		}
		room = append(room, c)
	}
	return room, true
}

// nibble is the value of a hexadecimal digit, or 255.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// fold returns value in small letters and in normal form NFC, without spaces around
// it. It changes value, and copies it only where letters of other scripts ask for it.
func fold(value []byte) ([]byte, bool) {
	value = bytes.TrimSpace(value)
	isASCII := true
	for i, c := range value {
		if 'A' <= c && c <= 'Z' {
			value[i] = c - 'A' + 'a'
		}
		isASCII = isASCII && c < utf8.RuneSelf
	}
	switch {
	case isASCII:
		return value, true
	case !utf8.Valid(value):
		return nil, false
	case bytes.IndexFunc(value, isNotPlain) < 0:
		return value, true
	}
	return []byte(norm.NFC.String(strings.ToLower(norm.NFC.String(string(value))))), true
}

// isNotPlain reports whether r could have another form: what is neither ASCII nor a
// Japanese letter that has neither case nor parts.
func isNotPlain(r rune) bool {
	switch {
	case r < utf8.RuneSelf, 'ぁ' <= r && r <= 'ゖ', 'ァ' <= r && r <= 'ー', 0x4e00 <= r && r <= 0x9fff:
		return false
	}
	return true
}
