package main

import (
	"bytes"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/rogpeppe/go-internal/testscript"
)

// networks writes a database of networks: networks FILE TYPE CIDR=RECORD... A record is a
// prefecture or another country (JP-13, US), a number (AS4713), or a domain.
func networks(ts *testscript.TestScript, _ bool, args []string) {
	data, err := networkFile(args[1], args[2:])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

func networkFile(databaseType string, entries []string) ([]byte, error) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: databaseType, RecordSize: 24, BuildEpoch: 1_777_000_000, IncludeReservedNetworks: true,
	})
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		cidr, what, _ := strings.Cut(entry, "=")
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return nil, err
		}
		if err := tree.Insert(network, networkRecord(databaseType, what)); err != nil {
			return nil, err
		}
	}
	var data bytes.Buffer
	_, err = tree.WriteTo(&data)
	return data.Bytes(), err
}

func networkRecord(databaseType, what string) mmdbtype.Map {
	if number, err := strconv.Atoi(strings.TrimPrefix(what, "AS")); err == nil {
		return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number)}
	}
	if strings.Contains(what, ".") {
		return mmdbtype.Map{"domain": mmdbtype.String(what)}
	}
	country, region, _ := strings.Cut(what, "-")
	if databaseType == "flat" {
		return mmdbtype.Map{"country_code": mmdbtype.String(country)}
	}
	return mmdbtype.Map{
		"country":      mmdbtype.Map{"iso_code": mmdbtype.String(country)},
		"subdivisions": mmdbtype.Slice{mmdbtype.Map{"iso_code": mmdbtype.String(region)}},
	}
}

// hup asks a background program to read its tables again: hup NAME
func hup(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Value(running{}).(map[string]*background)[args[0]].cmd.Process.Signal(syscall.SIGHUP))
}
