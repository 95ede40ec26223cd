// Command generate writes what package bots knows of programs from the packages
// where others keep it: the table isbot.go and its source testdata/isbot.txt from
// isbot, crawlers.txt and testdata/crawlers.txt.gz from crawler-user-agents, and
// two samples for the tests from the folder "fixtures" of isbot's repository.
//
//	go run ./generate -isbot isbot@5.2.3 -crawlers crawler-user-agents@1.60.0 -fixtures FOLDER
//
// A package is a name with its version, which the command npm obtains as it is
// configured, or the path of a packed file that is at hand. What is not named stays
// as it is. The same source gives the same bytes.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	isbot := flag.String("isbot", "", "the package isbot, as NAME@VERSION or a .tgz")
	crawlers := flag.String("crawlers", "", "the package crawler-user-agents, as NAME@VERSION or a .tgz")
	fixtures := flag.String("fixtures", "", "the folder fixtures of isbot's repository")
	flag.Parse()
	files := map[string][]byte{} // written together, once nothing can fail but the writing
	for _, source := range []struct {
		from string
		make func(from string, files map[string][]byte) error
	}{{*isbot, fromIsbot}, {*crawlers, fromCrawlers}, {*fixtures, fromFixtures}} {
		if source.from == "" {
			continue
		}
		if err := source.make(source.from, files); err != nil {
			log.Fatalf("generate: %v", err)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			log.Fatalf("generate: %v", err)
		}
		log.Printf("%s: %d bytes", name, len(data))
	}
}

// packed returns lines with a head, packed without a time or a name.
func packed(head string, lines []string) ([]byte, error) {
	var data bytes.Buffer
	w, err := gzip.NewWriterLevel(&data, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(w, "# %s\n", head); err != nil {
		return nil, err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return data.Bytes(), err
}
