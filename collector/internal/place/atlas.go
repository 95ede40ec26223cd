package place

import (
	"errors"
	"fmt"
	"net/netip"

	"oboro/collector/hit"
	"oboro/collector/internal/mmdb"
)

// A Config says which table an [Atlas] has, and how it is asked. The zero Config is the
// more private one: countries alone, by the truncated address, of the built-in table.
type Config struct {
	// Path is the operator's file; "" is the built-in table.
	Path string
	// Regions asks for the prefecture too. The file must hold subdivisions, as City
	// databases do.
	Regions bool
	// Exact looks the whole address up. Otherwise its network is, /24 or /48, so that
	// no answer tells more of somebody than of the neighbours; the few networks of a
	// table that are smaller than that are then answered as the first of their /24 or
	// /48.
	Exact bool
}

// An Atlas is the table in use, which a newer file replaces. All its methods may be
// called at the same time.
type Atlas struct {
	exact bool
	file  *mmdb.File[Table]
	fixed *Table // the built-in one, where there is no file
}

var errBuiltIn = errors.New("the built-in country table holds no prefectures: name a City database")

// NewAtlas returns an atlas of the table that config names.
func NewAtlas(config Config) (*Atlas, error) {
	if config.Path != "" {
		file, err := mmdb.New(config.Path, func(data []byte) (*Table, error) { return open(data, config.Regions) })
		if err != nil {
			return nil, ofTable(err)
		}
		return &Atlas{exact: config.Exact, file: file}, nil
	}
	if config.Regions {
		return nil, errBuiltIn
	}
	table, err := Embedded()
	if err != nil {
		return nil, err
	}
	return &Atlas{exact: config.Exact, fixed: table}, nil
}

// Table returns the table in use.
func (a *Atlas) Table() *Table {
	if a.file == nil {
		return a.fixed
	}
	return a.file.Current()
}

// Of returns where an address is: the country, and the region if the config asks for it.
func (a *Atlas) Of(address netip.Addr) (hit.Country, hit.Region) {
	if !a.exact {
		address = mmdb.Truncated(address)
	}
	return a.Table().Of(address)
}

// Near is [Table.Near] of the table in use.
func (a *Atlas) Near(address netip.Addr) { a.Table().Near(address) }

// Nearer is [Table.Nearer] of the table in use.
func (a *Atlas) Nearer(address netip.Addr) { a.Table().Nearer(address) }

// Look reads the file again if it has changed and come to rest, and reports whether a
// new table is in use. With an error the old one stays. It is for a clock, of a minute
// or so: a new file is in use at the second look.
func (a *Atlas) Look() (renewed bool, err error) {
	if a.file == nil {
		return false, nil
	}
	renewed, err = a.file.Look()
	return renewed, ofTable(err)
}

// Refused reports whether the file as it is now could not be put in use.
func (a *Atlas) Refused() bool { return a.file != nil && a.file.Refused() }

// Reload reads the file again at once, as an operator asks for. With an error the old
// table stays.
func (a *Atlas) Reload() error {
	if a.file == nil {
		return nil
	}
	return ofTable(a.file.Reload())
}

func ofTable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read the country table: %w", err)
}
