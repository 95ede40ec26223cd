package intake

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/page"
	"oboro/collector/internal/visitors"
)

// A Parsed line says where the fields of a log line are. It holds nothing of it.
type Parsed = logline.Line

// A Clock reads the times of lines.
type Clock = logline.Clock

// A Format says where the fields of the lines of one log are.
type Format = logline.Format

// verdicts are what a line is that is not of its format.
var verdicts = [...]Outcome{
	logline.Fits: Kept, logline.Misfit: BadLine, logline.Untimed: BadTime, logline.Comment: Comment,
}

// Parse finds the fields of a log line and its time, in seconds since 1970. They mean
// something only where the outcome is Kept.
func Parse(format *Format, line []byte, into *Parsed, clock *Clock) (at int64, o Outcome) {
	at, verdict := format.Read(line, into, clock)
	return at, verdicts[verdict]
}

// Lines are the rules by which lines of logs are pages of a site. The zero value takes none.
type Lines struct {
	methods  []string
	statuses [1000]seen
	assets   *logline.Assets
	anyHost  bool
}

// seen is what a line of a status tells of.
type seen uint8

const (
	noPage seen = iota
	aPage
	inVain
)

// Rules are Lines in words. What is empty is as by default.
type Rules struct {
	Methods  []string // default GET
	Statuses []int    // of pages; default 200 and 304
	NotFound []int    // of pages asked for in vain; default 404 and 410
	Assets   []string // extensions that are no pages, beside those built in
	Pages    []string // extensions of the built-in list that are pages all the same
	AnyHost  bool     // lines count whatever host they name
}

// NewLines returns the rules. Where one can be none it returns that, and false.
func NewLines(r Rules) (lines *Lines, bad string, ok bool) {
	l := &Lines{methods: r.Methods, anyHost: r.AnyHost}
	if len(l.methods) == 0 {
		l.methods = []string{"GET"}
	}
	for _, m := range l.methods {
		if m == "" || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, m, false
		}
	}
	if l.assets, bad, ok = logline.NewAssets(r.Assets, r.Pages); !ok {
		return nil, bad, false
	}
	if len(r.Statuses) == 0 {
		r.Statuses = []int{200, 304}
	}
	if len(r.NotFound) == 0 {
		r.NotFound = []int{404, 410}
	}
	for what, list := range map[seen][]int{aPage: r.Statuses, inVain: r.NotFound} {
		for _, status := range list {
			if status < 100 || status > 599 || l.statuses[status] != noPage {
				return nil, strconv.Itoa(status), false
			}
			l.statuses[status] = what
		}
	}
	return l, "", true
}

// of returns what a line of that status tells of.
func (l *Lines) of(status []byte) seen {
	if len(status) != 3 {
		return noPage
	}
	a, b, c := status[0]-'0', status[1]-'0', status[2]-'0'
	if a > 9 || b > 9 || c > 9 {
		return noPage
	}
	return l.statuses[int(a)*100+int(b)*10+int(c)]
}

// takes reports whether lines of the method count.
func (l *Lines) takes(method string) bool {
	for _, m := range l.methods {
		if m == method {
			return true
		}
	}
	return false
}

// A Glance is what is told of a line some lines before its turn: it spares Line the wait
// for memory. It holds nothing of the line but keyed hashes.
type Glance struct {
	Site hit.Site      // of the line
	Key  *visitors.Key // of its day

	outcome Outcome // Kept where the line may be a hit; the rest is set then
	kind    hit.Kind
	plain   bool // the line has no escapes
	known   known
}

// Glance looks at a line, in which Parse has found l, and asks for what is remembered of its
// sender and page. Site and Key of g are set.
func (in *Intake) Glance(g *Glance, line []byte, l *Parsed) {
	if g.outcome = in.sort(g, line, l); g.outcome == Kept {
		in.take(g, line, l, nil)
	}
}

// GoOn goes on asking where Glance has begun to.
func (in *Intake) GoOn(g *Glance, line []byte, l *Parsed) {
	if g.outcome != Kept {
		return
	}
	in.near(&g.known)
	if in.Near == nil || in.Plan.Computes&OfPlace == 0 {
		return
	}
	if _, ok := in.memory.senders.Find(g.known.sent); !ok {
		if block, ok := blockOf(view(l.Address.In(line))); ok {
			in.Near(block)
		}
	}
}

// blockOf returns the first of the addresses that begin with the same 16 bits as one that is
// written with dots.
func blockOf(dotted string) (netip.Addr, bool) {
	var b [4]byte
	part := 0
	for i := 0; i < len(dotted) && part < 2; i++ {
		switch digit := dotted[i] - '0'; {
		case digit <= 9:
			b[part] = b[part]*10 + digit
		case dotted[i] == '.':
			part++
		default:
			return netip.Addr{}, false
		}
	}
	return netip.AddrFrom4(b), part == 2
}

// Line reads the hit that a line of an access log stands for into s, under the key of its
// day. Parse has found l in it, and Glance g; the time is in s already. What s holds means
// something only where the outcome is Kept.
func (in *Intake) Line(g *Glance, line []byte, l *Parsed, s *visitors.Sighting) Outcome {
	if g.outcome != Kept {
		return g.outcome
	}
	s.Site = g.Site
	return in.take(g, line, l, s)
}

// sort says what a line is, by what is soon seen.
func (in *Intake) sort(g *Glance, line []byte, l *Parsed) Outcome {
	if !in.Lines.anyHost && !in.ours(l, line, g.Site) {
		return OtherSite
	}
	switch in.Lines.of(l.Status.In(line)) {
	case aPage:
		g.kind = hit.View
	case inVain:
		g.kind = hit.NotFound
	default:
		return Status
	}
	switch {
	case !in.Lines.takes(view(l.Method.In(line))):
		return Method
	case in.Lines.assets.Has(l, line):
		return Asset
	}
	g.plain = l.Escapes == logline.Backslashes && bytes.IndexByte(line, '\\') < 0
	return Kept
}

// take reads what a line tells of a person. Without s it asks for what is remembered of that,
// with s it puts what may be kept there.
func (in *Intake) take(g *Glance, line []byte, l *Parsed, s *visitors.Sighting) Outcome {
	path := pathOf(textOf(l, l.Target, line, g.plain))
	if l.Query != (logline.Span{}) {
		path += "?" + textOf(l, l.Query, line, g.plain)
	}
	r := raw{
		named:    view(l.Address.In(line)),
		agent:    textOf(l, l.Agent, line, g.plain),
		referrer: textOf(l, l.Referrer, line, g.plain),
		path:     path,
		kind:     g.kind,
		unsaid:   l.Common, // the format has no place for a User-Agent
	}
	if l.Forwarded != (logline.Span{}) {
		r.address = client(addressOf(r.named), textOf(l, l.Forwarded, line, g.plain), in.Trusted)
		r.named = ""
	}
	if s == nil {
		in.ask(&g.known, r, g.Site, g.Key)
		return Kept
	}
	return in.settle(s, r, g.Key, &g.known)
}

// textOf returns a field, which is a view of line unless it holds escapes.
func textOf(l *Parsed, s logline.Span, line []byte, plain bool) string {
	if plain || l.Plain(s, line) {
		return view(s.In(line))
	}
	return l.Text(s, line)
}

// addressOf reads the address of a line, or returns none.
func addressOf(field string) netip.Addr {
	if len(field) > 2 && field[0] == '[' && field[len(field)-1] == ']' {
		field = field[1 : len(field)-1]
	}
	address, err := netip.ParseAddr(field)
	if err != nil { // it quotes the field: not passed on
		return netip.Addr{}
	}
	return address.WithZone("").Unmap()
}

// pathOf returns the path of a request target, which a proxy's client, or a balancer,
// writes as a whole URL.
func pathOf(target string) string {
	if strings.HasPrefix(target, "/") {
		return target
	}
	_, path, ok := page.Split(target)
	if !ok {
		return target // no page: refused as such
	}
	return path
}

// ours reports whether the host that a line names is of the site. One that names none is.
func (in *Intake) ours(l *Parsed, line []byte, site hit.Site) bool {
	host, ok := "", false
	switch target := view(l.Target.In(line)); {
	case l.Host != (logline.Span{}):
		host, ok = page.Host(view(l.Host.In(line)))
	case target == "" || target[0] == '/':
		return true
	default:
		if host, _, ok = page.Split(target); !ok {
			return true // it is no page, and refused as such
		}
	}
	return ok && in.own(site, host)
}
