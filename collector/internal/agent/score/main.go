// Command score holds the tables of package agent against the fixtures of others:
//
//	go run ./collector/internal/agent/score DIRECTORY...
//
// A directory is one of uap-core's (Debian installs it as /usr/share/uap-core/tests)
// or of Matomo's device-detector (Tests/fixtures of its repository, which is under the
// LGPL and so is not here). It prints the scores, and with -misses what was missed.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	misses := flag.Bool("misses", false, "print what was missed")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("score: name the directories of fixtures")
	}
	for _, folder := range flag.Args() {
		s, err := scoreOf(folder)
		if err != nil {
			log.Fatalf("score: %v", err)
		}
		s.print(os.Stdout, folder, *misses)
	}
}

// scoreOf reads the fixtures of a folder.
func scoreOf(folder string) (*score, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.y*ml"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	s := newScore()
	for _, name := range names {
		base := filepath.Base(name)
		if base == "test_device.yaml" || base == "bots.yml" {
			continue // says nothing of browsers
		}
		if err := s.file(name, base == "test_os.yaml"); err != nil {
			return nil, err
		}
	}
	if s.family.of+s.system.of == 0 {
		return nil, fmt.Errorf("no fixtures in %s", folder)
	}
	return s, nil
}

func (s *score) file(name string, ofSystems bool) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := read(f, ofSystems)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for i := range list {
		s.add(&list[i])
	}
	return nil
}

func (s *score) print(to io.Writer, folder string, misses bool) {
	fmt.Fprintln(to, folder)
	for _, m := range s.measures() {
		fmt.Fprintf(to, "  %-34s %6.2f %%  %d of %d\n", m.name, m.percent(), m.right, m.of)
		for _, miss := range m.misses {
			if misses {
				fmt.Fprintln(to, "    "+strings.ToValidUTF8(miss, "?"))
			}
		}
	}
}
