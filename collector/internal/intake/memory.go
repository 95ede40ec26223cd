package intake

import (
	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/bots"
	"oboro/collector/internal/network"
	"oboro/collector/internal/page"
	"oboro/collector/internal/recall"
	"oboro/collector/internal/source"
	"oboro/collector/internal/visitors"
)

// memory is what headers and URLs of today came to: codes, pages and hosts, each
// under a keyed hash of the text it was made of; and the marks and the environment of
// who sent them. It saves their parsers most of their work, and changes no result.
type memory struct {
	senders   *recall.Codes
	owners    *recall.Memory[owner] // of the senders that have one
	agents    *recall.Codes         // of User-Agents, under the key of a day
	programs  *recall.Codes
	languages *recall.Codes
	pages     *recall.Memory[listed]
	sources   *recall.Memory[origin]
}

// A program is what a User-Agent tells, with the client hints beside it.
type program struct {
	agent.Agent
	bot  bool
	kind hit.Robot // of a bot
}

// A sender is what the address, the User-Agent and the language of a browser tell under
// the key of a day. It is as much as the visitor table knows, and goes when that does.
type sender struct {
	visitor, network visitors.Mark
	env              hit.Packed
	owner            owner
}

// hasOwner marks the code of a sender whose owner is remembered beside it, in the bit that
// is left for it.
const hasOwner = 1 << 63

func (s *sender) code() recall.Code {
	env := s.env.Word()
	if s.owner != (owner{}) {
		env |= hasOwner
	}
	return recall.Code{s.visitor.Word(), s.network.Word(), env}
}

func senderIn(code recall.Code) sender {
	return sender{visitor: visitors.MarkOf(code[0]), network: visitors.MarkOf(code[1]), env: hit.Remembered(code[2] &^ hasOwner)}
}

// ofBot marks the code of a bot, in the bit that is left for it. The code then holds its
// kind, and nothing of an agent.
const ofBot = 1 << 63

func (p *program) code() recall.Code {
	if p.bot {
		return recall.Code{ofBot | uint64(p.kind)}
	}
	return recall.Code{hit.Pack(hit.Environment{Browser: p.Browser, Version: p.Version, System: p.System, Device: p.Device}).Word()}
}

func programIn(code recall.Code) program {
	if code[0]&ofBot != 0 {
		return program{bot: true, kind: hit.Robot(code[0] &^ ofBot)}
	}
	env := hit.Remembered(code[0]).Unpack()
	return program{Agent: agent.Agent{Browser: env.Browser, Version: env.Version, System: env.System, Device: env.Device}}
}

// listed is a page, and whether its site declares it. Of one that is not declared it
// tells whether only scanners ask for it: whatever the answer is, or where none was found.
type listed struct {
	page             hit.Page
	declared         bool
	scanner, missing bool
}

// scanned reports whether a hit of that kind is a scanner's.
func (l *listed) scanned(kind hit.Kind) bool {
	return l.scanner || l.missing && kind == hit.NotFound
}

// An origin is what a referrer tells: its host and channel, or that it is spam.
type origin struct {
	host    hit.Host
	channel hit.Channel
	spam    bool
}

// A site has thousands of pages, and its visitors about as many User-Agents; what is
// rarer than that is read anew. At its most a memory takes some MiB.
func newMemory() memory {
	return memory{
		senders: recall.NewCodes(32768, 3), owners: recall.New[owner](32768),
		agents: recall.NewCodes(8192, 1), programs: recall.NewCodes(8192, 1), languages: recall.NewCodes(1024, 1),
		pages: recall.New[listed](32768), sources: recall.New[origin](4096),
	}
}

// ForgetSenders ends what is remembered of who sent something under the keys so far, with
// the marks of their User-Agents. No request may be under way.
func (in *Intake) ForgetSenders() {
	in.memory.senders.Forget()
	in.memory.owners.Forget()
	in.memory.agents.Forget()
}

// Forget ends all that is remembered of a day. No request may be under way.
func (in *Intake) Forget() {
	in.ForgetSenders()
	in.memory.programs.Forget()
	in.memory.languages.Forget()
	in.memory.pages.Forget()
	in.memory.sources.Forget()
	in.Rate.Forget()
}

// A known says under which keys the sender and the page of a hit are remembered.
type known struct{ sent, shown recall.Key }

// ask sets the keys of r, and asks for what is remembered under them.
func (in *Intake) ask(k *known, r raw, site hit.Site, key *visitors.Key) {
	k.sent = in.keyOf(r, site, key)
	in.memory.senders.Near(k.sent)
	if in.Plan.Computes.Has(hit.ByPage) {
		k.shown = in.pageKey(r.path, site)
		in.memory.pages.Near(k.shown)
	}
}

// near goes on with ask, some while later.
func (in *Intake) near(k *known) {
	if in.Plan.Computes.Has(hit.ByPage) {
		in.memory.pages.Nearer(k.shown)
	}
}

// senderOf returns what r tells of its sender, or why it is not counted.
func (in *Intake) senderOf(r raw, site hit.Site, key *visitors.Key, k *known) (sender, Outcome) {
	known := k.sent
	if code, ok := in.memory.senders.Find(known); ok && in.Plan.Kinds[r.kind] {
		s := senderIn(code)
		if code[2]&hasOwner != 0 {
			s.owner, ok = in.memory.owners.Find(known)
		}
		if ok {
			return s, Kept
		}
	}
	if r.named != "" {
		if r.address = addressOf(r.named); !r.address.IsValid() {
			if _, ok := network.Registrable(r.named); ok {
				r.host, r.address = r.named, standIn(r.named, key)
			}
		}
	}
	if in.Nearer != nil && in.Plan.Computes&OfPlace != 0 {
		in.Nearer(r.address)
	}
	program := in.programOf(r)
	switch {
	case program.bot && !r.unsaid:
		return sender{}, botOf(program.kind)
	case !in.Plan.Kinds[r.kind]:
		return sender{}, Undeclared
	case !r.address.IsValid():
		return sender{}, NoAddress
	}
	s := sender{
		visitor: key.Visitor(site, r.address, in.markOf(r.agent, key)), network: key.Network(r.address),
	}
	if s.env, s.owner = in.environment(r, program.Agent); s.owner != (owner{}) {
		in.memory.owners.Keep(known, s.owner)
	}
	in.memory.senders.Keep(known, s.code())
	return s, Kept
}

// keyOf returns the key under which the sender of r is remembered.
func (in *Intake) keyOf(r raw, site hit.Site, key *visitors.Key) recall.Key {
	m := in.memory.senders
	known := m.Key(r.agent, uint16(site))
	if r.named != "" {
		known = m.Key(r.named, key.Number()).With(known)
	} else {
		address := r.address.As16() // of an IPv4 address the same, mapped or not
		known = m.Bytes(address[:], key.Number()).With(known)
	}
	if r.brands != "" || r.mobile || r.platform != hit.OtherSystem {
		known = known.With(m.Key(r.brands, besides(r.mobile, r.platform)))
	}
	if r.unsaid { // a User-Agent that is empty means something else elsewhere
		known = known.With(m.Key("", 1))
	}
	if r.language != "" && in.Plan.Computes.Has(hit.ByLanguage) {
		known = known.With(m.Key(r.language, 0))
	}
	return known
}

// ofAgent are the dimensions that are read from the User-Agent and the hints.
const ofAgent = hit.Dimensions(1<<hit.ByBrowser | 1<<hit.ByVersion | 1<<hit.BySystem | 1<<hit.ByDevice)

// markOf returns the mark of a User-Agent under the key of a day. The hints are no part of
// it: a browser does not send them everywhere, and is to be the same with and without them.
func (in *Intake) markOf(userAgent string, day *visitors.Key) visitors.Mark {
	key := in.memory.agents.Key(userAgent, day.Number())
	if code, ok := in.memory.agents.Find(key); ok {
		return visitors.MarkOf(code[0])
	}
	mark := day.Agent(userAgent)
	in.memory.agents.Keep(key, recall.Code{mark.Word()})
	return mark
}

// programOf returns what a User-Agent and the hints tell. Unless a statistic counts by it,
// that is only whether it is of a bot, and of which kind.
func (in *Intake) programOf(r raw) program {
	key := in.programKey(r)
	if code, ok := in.memory.programs.Find(key); ok {
		return programIn(code)
	}
	p := program{bot: bots.Is(r.agent)}
	switch {
	case p.bot:
		p.kind = bots.Category(r.agent)
	case in.Plan.Computes&ofAgent != 0:
		p.Agent = agent.OfHints(r.agent, r.brands, r.mobile, r.platform)
	}
	in.memory.programs.Keep(key, p.code())
	return p
}

// programKey returns the key under which it is remembered what r tells of its program.
func (in *Intake) programKey(r raw) recall.Key {
	m := in.memory.programs
	return m.Key(r.agent, 0).With(m.Key(r.brands, besides(r.mobile, r.platform)))
}

// besides numbers what hints say besides the brands: from 2, since less is the number of
// what else may stand in their place in a key.
func besides(mobile bool, platform hit.System) uint16 {
	n := 2 + 2*uint16(platform)
	if mobile {
		n++
	}
	return n
}

func (in *Intake) languageOf(header string) hit.Language {
	if header == "" { // as in all logs
		return hit.Language{}
	}
	key := in.memory.languages.Key(header, 0)
	if code, ok := in.memory.languages.Find(key); ok {
		return hit.Remembered(code[0]).Unpack().Language
	}
	l := agent.Language(header)
	in.memory.languages.Keep(key, recall.Code{hit.Pack(hit.Environment{Language: l}).Word()})
	return l
}

// pageKey returns the key under which the page of a target is remembered. What the target
// says beside its path and the declared parameters makes no difference to it.
func (in *Intake) pageKey(target string, site hit.Site) recall.Key {
	rules, m := &in.sites[site].Rules, in.memory.pages
	if len(rules.Parameters) == 0 {
		return m.Key(page.Cut(target), uint16(site))
	}
	path, values := rules.Cut(target)
	key := m.Key(path, uint16(site))
	for i, value := range &values {
		if value != "" {
			key = key.With(m.Key(value, uint16(i)))
		}
	}
	return key
}

// pageOf returns the page that a target is counted as on its site, and whether that is
// declared. One that is no page is not remembered.
func (in *Intake) pageOf(target string, site hit.Site, k *known) (listed, bool) {
	if l, ok := in.memory.pages.Find(k.shown); ok {
		return l, true
	}
	rules := &in.sites[site].Rules
	path, values := rules.Cut(target)
	p, ok := rules.Page(path, &values)
	if !ok {
		return listed{}, false
	}
	return in.list(p, path, site, k.shown), true
}

// list looks the page of a path up in its site's registry, and remembers it.
func (in *Intake) list(p hit.Page, path string, site hit.Site, key recall.Key) listed {
	l := listed{page: p, declared: in.sites[site].Pages.Has(p)}
	if !l.declared {
		l.missing = bots.Scanner(path, true)
		l.scanner = l.missing && bots.Scanner(path, false)
	}
	in.memory.pages.Keep(key, l)
	return l
}

// sourceOf returns what a referrer tells of a visit to the site.
func (in *Intake) sourceOf(referrer string, site hit.Site) origin {
	referrer = page.Origin(referrer) // it says the same of the source as all of it
	if referrer == "" {
		return origin{channel: hit.Direct}
	}
	key := in.memory.sources.Key(referrer, uint16(site))
	from, ok := in.memory.sources.Find(key)
	if !ok {
		found := source.Of(referrer, func(host string) bool { return in.own(site, host) })
		from = origin{found.Host, found.Channel, found.Spam}
		in.memory.sources.Keep(key, from)
	}
	return from
}
