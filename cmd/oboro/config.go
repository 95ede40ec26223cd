package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // so that the program runs where no zone files are

	"github.com/goccy/go-yaml"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/collector"
	"oboro/dashboards/public"
)

// A config is the configuration file. Every option says what it does to privacy;
// one that is not set is the more private one.
type config struct {
	// Sites are the web sites that hits are taken for. Hits of other hosts are
	// refused. Default: the site demo with the hosts localhost and 127.0.0.1.
	Sites []siteConfig `yaml:"sites"`
	// K is the smallest number of visitor-days behind a shown cell. Larger hides
	// more. Default 10, never below 3.
	K int64 `yaml:"k"`
	// Flush is the pause between writes of counts to the store, 1 s to 15 min.
	// Longer mixes more visitors into one write. Default 5m.
	Flush duration `yaml:"flush"`
	// StateLimit is the most that the RAM log of a day may take of the state
	// directory, such as 256MB. A hit takes some 100 bytes of it; beyond it hits are
	// refused until the next day. Default 256MB, or half of what is free.
	StateLimit size `yaml:"state_limit"`
	// Timezone decides where a day begins. Default Asia/Tokyo.
	Timezone string `yaml:"timezone"`
	// TrustedProxies are the proxies whose word on the visitor's address is taken.
	// Default: loopback. One too many lets visitors name any address.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	// Limits bound what one network may send.
	Limits limitsConfig `yaml:"limits"`
	// Import says which lines of access logs are pages.
	Import importConfig `yaml:"import"`
	// Statistics switches statistics off and adds some.
	Statistics statisticsConfig `yaml:"statistics"`
	// Countries is a country database of the operator's (GeoLite2, GeoIP2 or DB-IP, Country
	// or City, .mmdb). It is read on this machine, and again when it changes. Default: the
	// built-in table.
	Countries string `yaml:"countries"`
	// Networks are files that say whose network an address is in.
	Networks networksConfig `yaml:"networks"`
	// ExactAddresses looks whole addresses up in these files. Default false: only the
	// network of an address is looked up, /24 or /48, so that no answer tells more of
	// somebody than of the neighbours.
	ExactAddresses bool `yaml:"exact_addresses"`
	// ReverseDNS is a DNS server on this computer, such as 127.0.0.1:53, that is asked for
	// the names of addresses which no file knows. It shows the visitor's address to that
	// server, to those that it asks, and to the name servers of the address's owner, which
	// the transparency page then says. Default: none, which asks nobody.
	ReverseDNS string `yaml:"reverse_dns"`
	// Store names the ClickHouse servers that keep the cells, for more than one machine, as in
	// clickhouse://oboro@one:9000,two:9000/oboro?cluster=oboro&secure=true&password_file=/etc/oboro/clickhouse.
	// Whoever may read those servers sees open cells, and so more than the team; deploy/clickhouse
	// keeps their logs from telling of labels. Default: a file of the data directory, which
	// nobody else can ask.
	Store string `yaml:"store" json:"-"` // it changes no count, and so is not in the hash
	// Collectors are the names of several collectors ("oboro collect --name one") whose hits one
	// "oboro aggregate" seals; that needs Store. A day waits for what each has counted. Each has a
	// key of its own, so that nobody is recognised from one to the other, and a label waits in
	// each for its three networks. Default: none; "oboro serve" does everything.
	Collectors []string `yaml:"collectors" json:"-"` // they change no count, and so are not in the hash
	// CollectorsWait is how long after its end a day waits for a collector, 1m to 20h. Then it is
	// sealed without what that one has not written, which is held and never counted; its figures
	// have more noise. Default 1h.
	CollectorsWait duration `yaml:"collectors_wait" json:"-"`
	// Publish says how often statistics are published, and as what.
	Publish publishConfig `yaml:"publish"`
	// CheckpointCopy is a folder in a second place (another machine, a medium of its own) to which
	// the signed heads of the ledger, of the log and of the audit trail are copied. By them it shows
	// when this data directory is put back to an older state, where noise would be drawn again for
	// days that have theirs, and looks would be forgotten: that is refused. A copy holds no figure.
	// Default: none, and nothing shows it.
	CheckpointCopy string `yaml:"checkpoint_copy" json:"-"` // it changes no count, and so is not in the hash
	// Notice says what the privacy notice cannot know of the rest of the configuration.
	Notice noticeConfig `yaml:"notice" json:"-"` // it changes no count, and so is not in the hash

	dir string // of the file: paths in it begin there
}

type siteConfig struct {
	// ID names the site in commands, files and addresses.
	ID string `yaml:"id"`
	// Title names the site on screens and in published files.
	Title statistic.Text `yaml:"title"`
	// Hosts are the site's host names. Referrers from them are not sources.
	Hosts []string `yaml:"hosts"`
	// Parameters are the names of query parameters that are kept as parts of pages,
	// four at most. What their values look like to name is scrubbed, as in paths; all
	// else of a query is dropped. Never keep one that visitors type into. Default: none.
	Parameters []string `yaml:"parameters"`
	// IndexFiles are the names of files that stand for their folder. It does nothing to
	// privacy. Default: index.html, index.htm, index.php, default.aspx.
	IndexFiles []string `yaml:"index_files"`
	// TrailingSlash is keep, strip or add: whether /a and /a/ are two pages or one. One
	// is shared by more visitors. Default keep.
	TrailingSlash string `yaml:"trailing_slash"`
	// Case is keep or lower: whether /A and /a are two pages or one. One is shared by
	// more visitors. Default keep.
	Case string `yaml:"case"`
	// Pages are the declared pages: their names may be written down from the first
	// view. Others wait until three networks have sent them on one day. A * stands for
	// a segment, and at the end for all that begins so. Never declare a page that names
	// a person.
	Pages []string `yaml:"pages"`
	// PagesFrom are files with more declared pages: sitemaps, or lists with a path on
	// each line. They are read at the start. Their effect is that of Pages.
	PagesFrom []string `yaml:"pages_from"`
	// Sections are groups of pages. What a table hides of the pages of one is named by it, where
	// it stands on as much as (other) must. Default: the first folder of a page's path.
	Sections []sectionConfig `yaml:"sections"`
	// Campaigns are the values that are kept of what links say with utm_source, utm_medium
	// and utm_campaign.
	Campaigns campaignsConfig `yaml:"campaigns"`
	// DNT makes "DNT: 1" an objection too, as "Sec-GPC: 1" always is.
	DNT bool `yaml:"dnt"`

	declared declaredPages // what Pages and PagesFrom came to
}

// A sectionConfig declares pages of a section. Of two that a page begins with, the longer prefix
// counts. It makes nothing known of a page: it says where hidden ones are added up.
type sectionConfig struct {
	// Name is what the section is called on screens and in files. Several prefixes of one name are
	// one section. Never name one after a person.
	Name string `yaml:"name"`
	// Prefix is how its pages begin, such as /tax/. The rules of the site's addresses bind it.
	Prefix string `yaml:"prefix"`
}

// A campaignsConfig declares what links may say of themselves. Of a visit one declared text
// of each list is kept, or "other" for a value that is in none, and never what stands in
// the address. Where a list is empty, nothing is looked for and its statistic is not counted.
// Never declare a value that is sent to one person. Default: none, which is the most private.
type campaignsConfig struct {
	// Sources are values of utm_source. A * at the end stands for all that begins so.
	Sources []string `yaml:"sources"`
	// Mediums are those of utm_medium.
	Mediums []string `yaml:"mediums"`
	// Names are those of utm_campaign.
	Names []string `yaml:"names"`
}

// A limitsConfig bounds what one network, an address truncated to /24 or /48, may send,
// so that none takes what all need. What is counted for it stands in memory alone, under
// keyed hashes. There is no way to switch a limit off; a large number binds nobody.
type limitsConfig struct {
	// Rate is how many hits a second the visitors of one network may send in the long
	// run, with those of a minute at once: 1 to 100000. Beyond it a hit is refused (429)
	// and metered, and nothing of it is kept. Default 200.
	Rate int `yaml:"rate"`
	// Connections is how many connections the peers of one network may have open, those
	// of trusted proxies aside: 1 to 1000000. Default 1000.
	Connections int `yaml:"connections"`
}

// An importConfig says which lines of access logs are pages. It changes what is counted,
// and nothing of what is kept of a person.
type importConfig struct {
	// Methods are those whose requests are pages. Default GET, as Matomo has it.
	Methods []string `yaml:"methods"`
	// Statuses are those of answers that show a page. Default 200 and 304, as AWStats has it.
	Statuses []int `yaml:"statuses"`
	// NotFound are those of pages asked for in vain. Default 404 and 410.
	NotFound []int `yaml:"not_found"`
	// Assets are extensions of files that are no pages, beside the built-in list, which
	// is like Matomo's: style sheets, scripts, pictures, sound, films, archives, documents.
	Assets []string `yaml:"assets"`
	// Pages are extensions of the built-in list that are pages all the same, such as pdf.
	// More names of files may then stand in tables, once three networks share them.
	Pages []string `yaml:"pages"`
}

type statisticsConfig struct {
	// Off lists statistics that are not counted. A detail that no other statistic
	// needs is then not computed either.
	Off []string `yaml:"off"`
	// Files lists more statistics, in files of the catalogue's form.
	Files []string `yaml:"files"`
}

// A networksConfig says by what it is known whose network an address is in. Where nothing
// stands here, and there is no reverse_dns, nothing is counted by networks. The files are read on
// this machine, and again when they change; no address is sent anywhere. Of what they say
// the domain that a registry gave to somebody is kept, and only once three truncated
// networks share it on a day.
type networksConfig struct {
	// Domains is a database with the domains of networks (GeoIP2-Domain). It knows single
	// organisations, so tables tell more. Default: none.
	Domains string `yaml:"domains"`
	// Numbers is a database with the numbers of autonomous systems (GeoLite2-ASN,
	// GeoIP2-ISP). It knows operators; a meter then counts hits from data centres. Default: none.
	Numbers string `yaml:"numbers"`
	// HostNames says that lines of logs have the host names of visitors in place of their
	// addresses (Apache's HostnameLookups), by which networks are counted without a file.
	// Default: false, which is the more private.
	HostNames bool `yaml:"host_names"`
}

type publishConfig struct {
	// Every is month or week: the period of one release. Longer hides more. Default:
	// what the site was published by before, at first month.
	Every string `yaml:"every"`
	// PagesEvery is month or week: the period of one figure of each declared page. Longer hides
	// more. Each day of it keeps a share of its noise, so that it cannot change once begun.
	// Default: what pages were summed by before, at first month.
	PagesEvery string `yaml:"pages_every"`
	// Hour is the hour of the day, 0 to 23, from which on serve publishes what is due: the
	// same each time, whatever there is to seal. It does nothing else to privacy. Default: 6.
	Hour int `yaml:"hour"`
	// Agency names the publisher. Default: the title of the first site.
	Agency statistic.Text `yaml:"agency"`
	// Licence is the licence of the published files: CC-BY-4.0 or PDL-1.0. It does
	// nothing to privacy. Default: either, as the reader likes.
	Licence string `yaml:"licence"`
}

// A noticeConfig says what the privacy notice cannot know of the rest, and where it is stored.
type noticeConfig struct {
	// Dir holds the notice as it was stored with "oboro notice --out". "oboro config check"
	// refuses one that no longer tells what is configured; serve and import then refuse an
	// exception that the notice does not tell. Default: none is stored, and nothing is looked at.
	Dir string `yaml:"dir"`
	// Contact is whom visitors may ask. Default: a line that says that it is to be filled in.
	Contact statistic.Text `yaml:"contact"`
	// Collector is the collector's address, where visitors see what arrives with their
	// request. It does nothing to privacy, as the next two. Default: as of Contact.
	Collector string `yaml:"collector"`
	// OptOut is the address of the page on which visitors object. Default: as of Contact.
	OptOut string `yaml:"opt_out"`
	// Published is the address of the published folder. Default: as of Contact.
	Published string `yaml:"published"`
	// StateOnDisk says that the program is run with --state-on-disk. Default: false.
	StateOnDisk bool `yaml:"state_on_disk"`
	// Logs says that access logs are imported too. Default: false.
	Logs bool `yaml:"logs"`
}

func defaults() config {
	return config{
		K:        10,
		Flush:    duration(5 * time.Minute),
		Publish:  publishConfig{Hour: 6},
		Timezone: "Asia/Tokyo",
		Limits:   limitsConfig{Rate: 200, Connections: 1000},
		TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"),
		},
		CollectorsWait: duration(time.Hour),
	}
}

// demoSite is the one site where nothing is configured.
var demoSite = siteConfig{
	ID: "demo", Title: statistic.Text{JA: "デモサイト", EN: "Demo site"},
	Hosts: []string{"localhost", "127.0.0.1"},
}

// loadConfig reads the file, or returns the defaults where path is empty. The declared
// pages are read with it.
func loadConfig(path string) (config, error) {
	c, err := readConfig(path)
	if err != nil {
		return config{}, err
	}
	if err := c.readPages(path); err != nil {
		return config{}, misuse("configuration: %w", err)
	}
	return c, nil
}

// readConfig is loadConfig without the declared pages: those of the file stand as they
// are written, and the files of PagesFrom need not be there.
func readConfig(path string) (config, error) {
	c := defaults()
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return config{}, misuse("configuration: %w", err)
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
		if err := decoder.Decode(&c); errors.Is(err, io.EOF) {
			c = defaults() // of a file that holds nothing the decoder makes zeros
		} else if err != nil {
			return config{}, misuse("configuration %s: %w", path, err)
		}
		c.dir = filepath.Dir(path)
	}
	if len(c.Sites) == 0 {
		c.Sites = []siteConfig{demoSite}
	}
	if err := c.check(); err != nil {
		return config{}, misuse("configuration: %w", err)
	}
	return c, nil
}

var siteID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (c *config) check() error {
	switch flush := time.Duration(c.Flush); {
	case c.K < statistic.LeastK:
		return fmt.Errorf("k is %d: below %d a cell could tell of a person; write 10, or leave it out", c.K, statistic.LeastK)
	case flush < time.Second || flush > 15*time.Minute:
		return fmt.Errorf("flush is %v: between 1s and 15m is allowed", flush)
	}
	if err := c.Limits.check(); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	if err := c.Publish.check(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if err := c.Notice.check(); err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if err := collector.CheckLogs(c.Import.rules()); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	if c.ReverseDNS != "" {
		if err := collector.CheckReverse(c.ReverseDNS); err != nil {
			return fmt.Errorf("reverse_dns is %q: %w", c.ReverseDNS, err)
		}
	}
	if err := c.checkStore(); err != nil {
		return err
	}
	if err := c.checkCollectors(); err != nil {
		return err
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return fmt.Errorf("timezone %q is not known; write one like Asia/Tokyo", c.Timezone)
	}
	ids, hosts := map[string]bool{}, map[string]bool{}
	for i := range c.Sites {
		s := &c.Sites[i]
		if !siteID.MatchString(s.ID) || ids[s.ID] {
			return fmt.Errorf("site id %q: each site needs its own, of lower-case letters, digits and hyphens", s.ID)
		}
		ids[s.ID] = true
		if len(s.Hosts) == 0 {
			return fmt.Errorf("site %s has no hosts", s.ID)
		}
		for j, host := range s.Hosts {
			s.Hosts[j] = strings.ToLower(host)
			if host == "" || strings.ContainsAny(host, "/: ") || hosts[s.Hosts[j]] {
				return fmt.Errorf("site %s: host %q: a host name without port or scheme is meant, in one site only", s.ID, host)
			}
			hosts[s.Hosts[j]] = true
		}
		if err := s.Campaigns.declared().Check(); err != nil {
			return fmt.Errorf("site %s: %w", s.ID, err)
		}
		if s.Title.JA == "" {
			s.Title.JA = s.ID
		}
		if s.Title.EN == "" {
			s.Title.EN = s.ID
		}
	}
	if c.Publish.Agency == (statistic.Text{}) {
		c.Publish.Agency = c.Sites[0].Title
	}
	return nil
}

func (c limitsConfig) check() error {
	switch {
	case c.Rate < 1 || c.Rate > 100_000:
		return fmt.Errorf("rate is %d: 1 to 100000 is allowed; it cannot be switched off, and 100000 binds nobody", c.Rate)
	case c.Connections < 1 || c.Connections > 1_000_000:
		return fmt.Errorf("connections is %d: 1 to 1000000 is allowed; it cannot be switched off, and 1000000 binds nobody", c.Connections)
	}
	return nil
}

func (c importConfig) rules() collector.LogRules {
	return collector.LogRules{
		Methods: c.Methods, Statuses: c.Statuses, NotFound: c.NotFound, Assets: c.Assets, Pages: c.Pages,
	}
}

func (c publishConfig) check() error {
	for option, every := range map[string]string{"every": c.Every, "pages_every": c.PagesEvery} {
		switch release.Cadence(every) {
		case "", release.Monthly, release.Weekly:
		default:
			return fmt.Errorf("%s is %q: month or week is allowed", option, every)
		}
	}
	if c.Hour < 0 || c.Hour > 23 {
		return fmt.Errorf("hour is %d: 0 to 23 is allowed", c.Hour)
	}
	if _, ok := public.Licences(c.Licence); !ok {
		return fmt.Errorf("licence is %q: %s is allowed, or nothing, which offers both",
			c.Licence, strings.Join(public.LicenceWords(), " or "))
	}
	return nil
}

// tables returns the files of places and networks.
func (c *config) tables() collector.Tables {
	return collector.Tables{
		Countries: absolute(c.Countries, c.dir), Domains: absolute(c.Networks.Domains, c.dir),
		Numbers: absolute(c.Networks.Numbers, c.dir), Exact: c.ExactAddresses,
	}
}

func (c *config) zone() *time.Location {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		panic("config: the time zone was checked before") // by check
	}
	return zone
}

// hash names the configuration in force, with the statistics that it declares,
// in the ledger.
func (c *config) hash(catalogue *statistic.Catalogue) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("configuration: %w", err)
	}
	sum := sha256.New()
	sum.Write(text)
	for _, st := range catalogue.All() {
		fmt.Fprintf(sum, "%+v\n", *st)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
