package source

import (
	_ "embed"
	"strings"
	"sync"

	"oboro/collector/hit"
)

// The lists of others change only by hand: whoever refreshes them obtains the two
// repositories that NOTICE names, points SOURCE_LISTS and SOURCE_SPAM at their folders,
// says their dates and commits in SOURCE_LISTS_OF and SOURCE_SPAM_OF, generates, and
// runs the tests.
//
//go:generate go run ./generate -lists=$SOURCE_LISTS -lists-of=$SOURCE_LISTS_OF -spam=$SOURCE_SPAM -spam-of=$SOURCE_SPAM_OF

// Each list is of the form that services.txt explains at its top. What ours says of a
// name, those of others do not change.
var (
	//go:embed services.txt
	servicesText string
	//go:embed engines.txt
	enginesText string
	//go:embed spam.txt
	spamText string
)

// lists returns the tables, which are made once.
var lists = sync.OnceValue(func() *tables {
	t := &tables{
		hosts:    names{map[string]service{}, map[string]service{}},
		anywhere: names{map[string]service{}, map[string]service{}},
		apps:     map[string]service{},
	}
	t.read(servicesText, t.add)
	t.read(enginesText, t.addUnknown)
	t.read(spamText, t.addUnknown)
	return t
})

// tables are the lists, to be looked up. They are only read once they are made.
type tables struct {
	hosts    names
	anywhere names // under any country, which is left out of the name
	apps     map[string]service
}

// find returns what the lists say of a host, and where in it the listed name begins.
func (t *tables) find(host string) (s service, at int, ok bool) {
	if s, at, ok = t.hosts.find(host); ok {
		return s, at, true
	}
	return t.anywhere.find(withoutCountry(host))
}

// A service is what the lists say of a name.
type service struct {
	host    hit.Host // the name that it is told as
	channel hit.Channel
	spam    bool
	each    bool // it is told by the registrable domain, not as host
}

// names are services by name.
type names struct{ exact, below map[string]service }

// find returns the service of the longest listed name that host is, or is below of,
// and where in host that name begins.
func (n names) find(host string) (s service, at int, ok bool) {
	if s, ok = n.exact[host]; ok || host == "" {
		return s, 0, ok
	}
	for {
		if s, ok = n.below[host[at:]]; ok {
			return s, at, true
		}
		dot := strings.IndexByte(host[at:], '.')
		if dot < 0 {
			return service{}, 0, false
		}
		at += dot + 1
	}
}

// named returns the service of a listed name alone, or none.
func (n names) named(name []byte) service {
	s, ok := n.exact[string(name)]
	if !ok {
		s = n.below[string(name)]
	}
	if s.spam || s.each {
		return service{}
	}
	return s
}

// An entry is one line of a list.
type entry struct {
	key      string // without the signs around it
	service  service
	below    bool // all below key is the service too
	anywhere bool // under any country
}

// read hands the entries of a list to add.
func (t *tables) read(list string, add func(entry)) {
	section := ""
	for line := range strings.Lines(list) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		case section == "app":
			name, host, _ := strings.Cut(line, "=")
			f := t.ofName(strings.TrimSpace(host))
			t.apps[strings.TrimSpace(name)] = service{host: f.Host, channel: f.Channel}
		default:
			add(parse(section, line))
		}
	}
}

// parse returns the entry of a line, in the form that services.txt explains.
func parse(section, line string) entry {
	name, host, isTold := strings.Cut(line, "=")
	e := entry{key: strings.TrimSpace(name)}
	e.service.spam = section == "spam"
	e.service.channel, _ = hit.ParseChannel(section)
	e.key, e.service.each = strings.CutPrefix(e.key, "*")
	e.key, e.below = strings.CutPrefix(e.key, ".")
	e.key, e.anywhere = strings.CutSuffix(e.key, ".{}")
	switch {
	case isTold:
		e.service.host, _ = hit.ParseHost(strings.TrimSpace(host))
	case e.anywhere:
		e.service.each = true
	case !e.service.each && !e.service.spam:
		e.service.host, _ = hit.ParseHost(e.key) // a word that utm_source says has none
	}
	return e
}

func (t *tables) add(e entry) {
	table := t.hosts
	if e.anywhere {
		table = t.anywhere
	}
	if e.below {
		table.below[e.key] = e.service
	} else {
		table.exact[e.key] = e.service
	}
}

// addUnknown adds an entry of another list than ours: not where an earlier list has
// that name, nor where it only has what is above it, as the same kind of service.
func (t *tables) addUnknown(e entry) {
	s, at, ok := t.anywhere.find(e.key)
	if !e.anywhere {
		s, at, ok = t.find(e.key)
	}
	if !ok || at > 0 && (s.each || s.channel != e.service.channel) {
		t.add(e)
	}
}
