// Package source says where a visit came from: from the referrer its host and its
// channel, and from the address of the page what the maker of the link declared.
//
// Of a referrer only the registrable domain of a foreign web site is kept, or the
// name of a listed service: no path, no query, no search term, no port, no user, no
// name of a machine. Names on private networks are not kept at all, since they can
// name a person. Of a query only declared tags come out, never what stands in it.
//
// Nothing here returns an error: an error would have to speak of the referrer.
package source

import (
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

// A Found says where a visit came from.
type Found struct {
	// Host is the source: a listed service, or the registrable domain of the
	// referrer. It is the zero Host where the channel says all there is to say.
	Host    hit.Host
	Channel hit.Channel
	// Tags are the declared tags of utm_source, utm_medium and utm_campaign.
	Tags hit.Tags
	// Spam is a referrer that is sent to be seen in statistics. Nothing else is said of
	// it: such a hit is refused as "referrer-spam".
	Spam bool
}

// Find returns where a visit came from whose first hit has that referrer and that
// query in the address of its page, both as they came. The rules, of which the first
// that fits decides the channel:
//
//  1. The referrer is of the site itself: internal.
//  2. The referrer is on the list of spam: Spam.
//  3. utm_medium is a word for print, mail, paid links, social networks or assistants,
//     or utm_source is one for print or mail: that.
//  4. One of the three has a declared value: campaign.
//  5. The referrer's host is listed, or above it what is: the list's channel.
//  6. The referrer is a mail server's or a Japanese municipality's by its name: mail,
//     government.
//  7. The referrer is of any other web site: other-site.
//  8. utm_source is the name of a listed service, as assistants write it into their
//     links: the list's channel.
//  9. There is no referrer: direct.
//  10. Else unknown: an address for a name, a private name, an app that is not known.
//
// own reports whether a host belongs to the site; it is asked for the referrer's host
// as it stands, without its prefix, and for what it would be told as. It may be nil
// and must not keep its argument. Without campaigns no tag is told.
//
// Nothing is allocated for listed services; other hosts are copied.
func Find(referrer, query string, own func(host string) bool, campaigns *Campaigns) Found {
	return Of(referrer, own).With(query, campaigns)
}

// With returns what Find says of a referrer and a query, f being what [Of] says of the
// referrer. It allocates nothing.
func (f Found) With(query string, campaigns *Campaigns) Found {
	if f.Spam {
		return Found{Spam: true}
	}
	l := readLink(query, campaigns)
	f.Tags = l.tags
	told := f.Channel != hit.Direct && f.Channel != hit.UnknownChannel
	if !told {
		f.Host = l.service.host
	}
	switch {
	case f.Channel == hit.Internal:
	case l.word != hit.UnknownChannel:
		f.Channel = l.word
	case l.declared:
		f.Channel = hit.Campaign
	case !told && l.service.channel != hit.UnknownChannel:
		f.Channel = l.service.channel
	}
	return f
}

// Of returns what Find says of a referrer alone.
func Of(referrer string, own func(host string) bool) Found {
	if referrer == "" || referrer == "-" {
		return Found{Channel: hit.Direct}
	}
	t := lists()
	if app, ok := strings.CutPrefix(referrer, "android-app://"); ok {
		if i := strings.IndexAny(app, "/?#"); i >= 0 {
			app = app[:i]
		}
		s := t.apps[app]
		return Found{Host: s.host, Channel: s.channel}
	}
	name, _, ok := page.Split(referrer)
	if !ok {
		return Found{}
	}
	short := reduce(name)
	if own != nil && (own(name) || own(short)) {
		return Found{Channel: hit.Internal}
	}
	f := t.ofName(short)
	if own != nil && f.Host != (hit.Host{}) && own(f.Host.Name()) {
		return Found{Channel: hit.Internal}
	}
	return f
}

// ofName says what the lists say of a host, or else what its name says.
func (t *tables) ofName(name string) Found {
	s, _, ok := t.find(name)
	if ok && !s.each {
		return Found{Host: s.host, Channel: s.channel, Spam: s.spam}
	}
	domain, suffix := registrable(name)
	switch {
	case domain == "":
		return Found{}
	case ok:
	case isMunicipal(domain, suffix):
		s.channel = hit.Government
	case isMailServer(name, domain):
		s.channel = hit.Mail
	default:
		s.channel = hit.OtherSite
	}
	host, _ := hit.ParseHost(reduce(domain))
	return Found{Host: host, Channel: s.channel}
}
