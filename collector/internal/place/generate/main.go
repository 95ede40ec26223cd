// Command generate writes the built-in country table (package flat) from a database that
// gives "country_code" to networks (iptoasn-country, public domain). It makes no
// request: whoever refreshes the table obtains the file and names it.
//
//	go run ./generate -from iptoasn-country.mmdb -to country.flat
//
// The same source gives the same bytes.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/hit"
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "the source database, a MaxMind DB with country_code")
	to := flag.String("to", "country.flat", "the table to write")
	flag.Parse()
	if *from == "" {
		log.Print("generate: no source named, so the country table stays as it is")
		return
	}
	if err := run(*from, *to); err != nil {
		log.Fatalf("generate: %v", err)
	}
}

func run(from, to string) error {
	source, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("read the source: %w", err)
	}
	var table bytes.Buffer // so that a source of no use leaves the old table as it is
	sum, err := rebuild(source, &table)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, table.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	fmt.Printf("%d networks kept, %d without an ISO country and %d reserved left out; data of %s\n",
		sum.kept, sum.foreign, sum.reserved, sum.date.Format(time.DateOnly))
	return nil
}

// A tally says what became of the source's networks.
type tally struct {
	kept, foreign, reserved int
	date                    time.Time
}

// rebuild writes the countries of source to out as a flat table. Codes outside ISO
// 3166-1 (such as EU) and reserved networks are left out: both are unknown places.
func rebuild(source []byte, out io.Writer) (tally, error) {
	clean, sum, err := cleaned(source)
	if err != nil {
		return tally{}, err
	}
	reader, err := maxminddb.OpenBytes(clean)
	if err != nil {
		return tally{}, fmt.Errorf("open the cleaned source: %w", err)
	}
	table, err := flatten(reader)
	if err != nil {
		return tally{}, err
	}
	if _, err := out.Write(table); err != nil {
		return tally{}, fmt.Errorf("write the table: %w", err)
	}
	return sum, nil
}

// cleaned returns what of source is kept, as a MaxMind DB with country_code. In a tree
// the networks are apart from each other, and the reserved ones are known.
func cleaned(source []byte) ([]byte, tally, error) {
	reader, err := maxminddb.OpenBytes(source)
	if err != nil {
		return nil, tally{}, fmt.Errorf("open the source: %w", err)
	}
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "country_code", BuildEpoch: int64(reader.Metadata.BuildEpoch)})
	if err != nil {
		return nil, tally{}, fmt.Errorf("make a tree: %w", err)
	}
	sum, err := fill(tree, reader)
	if err != nil {
		return nil, tally{}, err
	}
	var clean bytes.Buffer
	if _, err := tree.WriteTo(&clean); err != nil {
		return nil, tally{}, fmt.Errorf("write the cleaned source: %w", err)
	}
	return clean.Bytes(), sum, nil
}

// fill inserts every network of the source whose country is one.
func fill(tree *mmdbwriter.Tree, reader *maxminddb.Reader) (tally, error) {
	sum := tally{date: reader.Metadata.BuildTime().UTC()}
	for result := range reader.Networks() {
		var code string
		if err := result.DecodePath(&code, "country_code"); err != nil {
			return tally{}, fmt.Errorf("read a network of the source: %w", err)
		}
		if _, ok := hit.ParseCountry(code); !ok {
			sum.foreign++
			continue
		}
		err := tree.Insert(network(result.Prefix()), mmdbtype.Map{"country_code": mmdbtype.String(code)})
		if _, ok := errors.AsType[*mmdbwriter.ReservedNetworkError](err); ok {
			sum.reserved++
			continue
		}
		if err != nil {
			return tally{}, fmt.Errorf("insert a network of the source: %w", err)
		}
		sum.kept++
	}
	if sum.kept == 0 {
		return tally{}, errors.New("the source gives no network a country_code")
	}
	return sum, nil
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
