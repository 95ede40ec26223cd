package main

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/dns/dnsmessage"
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

// reverse has the program ask a server for networks, in place of its file of domains.
func (c *canaryRun) reverse(server string) {
	c.t.Helper()
	path := filepath.Join(c.work, "oboro.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(text), "networks: {domains: ")
	_, after, more := strings.Cut(after, ", ")
	if !ok || !more {
		c.t.Fatal("the configuration names no domains")
	}
	if err := os.WriteFile(path, []byte(before+"reverse_dns: "+server+"\nnetworks: {"+after), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// lateNames begins a DNS server on loopback that gives names of three domains, each up to
// 400 ms late, and to one in eight none.
func lateNames(t *testing.T) (address string) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var late sync.WaitGroup
	go func() {
		defer close(done)
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(packet[:n]) != nil || rand.IntN(8) == 0 {
				continue
			}
			late.Go(func() {
				time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
				m.Response = true
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName([]string{"a.ocn.ne.jp.", "b.example.ac.jp.", "c.example.com."}[rand.IntN(3)])},
				}}
				answer, _ := m.Pack() // it was one just before
				conn.WriteTo(answer, from)
			})
		}
	}()
	t.Cleanup(func() { late.Wait(); conn.Close(); <-done })
	return conn.LocalAddr().String()
}

// hup asks a background program to read its tables again: hup NAME
func hup(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Value(running{}).(map[string]*background)[args[0]].cmd.Process.Signal(syscall.SIGHUP))
}
