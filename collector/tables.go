package collector

import (
	"errors"
	"net/netip"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/bots"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/network"
	"oboro/collector/internal/place"
)

// Tables are the operator's files of places and networks. The zero value is the built-in
// country table, asked for truncated addresses, and no file of networks.
type Tables struct {
	Countries string // a database of countries or cities; empty for the built-in one
	Domains   string // one that has the domains of networks
	Numbers   string // one that has the numbers of autonomous systems
	// Exact looks whole addresses up, and not their /24 or /48.
	Exact bool
}

// tables are those in use; nil where no statistic asks for them.
type tables struct {
	places   *place.Atlas
	networks *network.Networks
}

// CheckTables says what is wrong with the files for a plan.
func CheckTables(files Tables, plan hit.Plan) error {
	_, err := openTables(files, plan)
	return err
}

// openTables opens what the plan asks for. A file of numbers is asked for the meter of data
// centres too.
func openTables(files Tables, plan hit.Plan) (t tables, err error) {
	if plan.Computes&intake.OfPlace != 0 {
		t.places, err = place.NewAtlas(place.Config{
			Path: files.Countries, Regions: plan.Computes.Has(hit.ByRegion), Exact: files.Exact,
		})
		if err != nil {
			return tables{}, err
		}
	}
	if plan.Computes&intake.OfNetwork != 0 || files.Numbers != "" {
		t.networks, err = network.New(network.Config{Domains: files.Domains, Numbers: files.Numbers, Exact: files.Exact})
	}
	return t, err
}

// give has the intake ask the tables.
func (t tables) give(in *intake.Intake, files Tables) {
	if t.places != nil {
		in.Place, in.Near, in.Nearer = t.places.Of, t.places.Near, t.places.Nearer
	}
	if t.networks == nil {
		return
	}
	in.Network = t.networks.Of
	if files.Numbers != "" {
		in.DataCentre = func(address netip.Addr) bool { return bots.DataCentre(t.networks.System(address)) }
	}
}

// look reads the files again that have changed and come to rest.
func (t tables) look() error {
	var errs []error
	if t.places != nil {
		_, err := t.places.Look()
		errs = append(errs, err)
	}
	if t.networks != nil {
		_, err := t.networks.Look()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// reload reads all files again.
func (t tables) reload() error {
	var errs []error
	if t.places != nil {
		errs = append(errs, t.places.Reload())
	}
	if t.networks != nil {
		errs = append(errs, t.networks.Reload())
	}
	return errors.Join(errs...)
}

// Look reads the files of places and networks again that have changed and come to rest; it
// is for a clock, of a minute or so. With an error, which quotes the path of the file and
// what it says of itself, what was in use stays.
func (c *Collector) Look() error { return c.tables.look() }

// Reload reads the files of places and networks again at once.
func (c *Collector) Reload() error { return c.tables.reload() }

// Look is that of a [Collector].
func (l *Log) Look() error { return l.reads.look() }

// A TableAbout is what is said of a table, by its own word.
type TableAbout struct {
	Type string    // such as "GeoLite2-City"
	Date time.Time // when it was built
}

// Places returns what is said of the country table, or the zero value where none is in use.
func (c *Collector) Places() TableAbout {
	if c.tables.places == nil {
		return TableAbout{}
	}
	about := c.tables.places.Table().About()
	return TableAbout{about.Type, about.Date}
}

// Networks returns what is said of the files of networks in use.
func (c *Collector) Networks() (list []TableAbout) {
	if c.tables.networks == nil {
		return nil
	}
	for _, about := range c.tables.networks.About() {
		list = append(list, TableAbout{about.Type, about.Date})
	}
	return list
}

// Refused reports whether a file, of places or of networks, could not be put in use as it
// is now, so that an older one still is.
func (c *Collector) Refused() (places, networks bool) {
	return c.tables.places != nil && c.tables.places.Refused(), c.tables.networks != nil && c.tables.networks.Refused()
}
