// Command generate writes the lists of search engines, social networks, assistants
// and referrer spam from two repositories of Matomo's, both in the public domain
// (CC0-1.0): searchengine-and-social-list and referrer-spam-list. It makes no request:
// whoever refreshes the lists obtains a copy of each and names its folder.
//
//	go run ./generate -lists searchengine-and-social-list -lists-of "2026-07-15, commit 3b3a82dc83cd" \
//		-spam referrer-spam-list -spam-of "2026-08-20, commit b1c66b3cbbd8"
//
// The same sources give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"golang.org/x/net/publicsuffix"

	"oboro/collector/hit"
)

func main() {
	log.SetFlags(0)
	var lists, spam source
	flag.StringVar(&lists.folder, "lists", "", "folder with SearchEngines.yml, Socials.yml and AIAssistants.yml")
	flag.StringVar(&spam.folder, "spam", "", "folder with spammers.txt")
	flag.StringVar(&lists.of, "lists-of", "a version that was not named", "date and commit of lists")
	flag.StringVar(&spam.of, "spam-of", "a version that was not named", "date and commit of spam")
	to := flag.String("to", ".", "folder to write engines.txt and spam.txt into")
	flag.Parse()
	if lists.folder == "" || spam.folder == "" {
		log.Print("generate: no sources named, so the lists of sources stay as they are")
		return
	}
	if err := run(lists, spam, *to); err != nil {
		log.Fatalf("generate: %v", err)
	}
}

// A source is a copy of a repository.
type source struct {
	folder string
	of     string // its date and commit, for the head of what is made of it
}

// run reads both sources before it writes anything, so that sources of no use leave
// the old lists as they are.
func run(lists, spam source, to string) error {
	engines, err := enginesOf(lists.folder)
	if err != nil {
		return err
	}
	spammers, err := spammersOf(spam.folder)
	if err != nil {
		return err
	}
	for _, file := range []struct{ name, about, of, text string }{
		{"engines.txt", "search engines, social networks and assistants, from\n# matomo-org/searchengine-and-social-list", lists.of, engines},
		{"spam.txt", "referrer spam, from\n# matomo-org/referrer-spam-list", spam.of, spammers},
	} {
		text := fmt.Sprintf("# Made by generate, not by hand: %s (CC0-1.0) of\n# %s. services.txt explains the form.\n%s", file.about, file.of, file.text)
		if err := os.WriteFile(filepath.Join(to, file.name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write a list: %w", err)
		}
		fmt.Printf("%s: %d lines\n", file.name, strings.Count(text, "\n"))
	}
	return nil
}

// enginesOf writes the lists of assistants, social networks and search engines as
// sections of one list. An assistant that is also listed as an engine is an assistant.
func enginesOf(folder string) (string, error) {
	var plain struct{ ai, social map[string][]string }
	var engines map[string][]struct {
		URLs []string `yaml:"urls"`
	}
	for name, into := range map[string]any{"AIAssistants.yml": &plain.ai, "Socials.yml": &plain.social, "SearchEngines.yml": &engines} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", fmt.Errorf("read a source: %w", err)
		}
		if err := yaml.Unmarshal(text, into); err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
	}
	search := map[string][]string{}
	for name, parts := range engines {
		for _, part := range parts {
			search[name] = append(search[name], part.URLs...)
		}
	}
	if len(plain.ai) == 0 || len(plain.social) == 0 || len(search) == 0 {
		return "", errors.New("a list of names is empty")
	}
	var b strings.Builder
	known := map[string]bool{}
	for _, section := range []struct {
		channel hit.Channel
		names   map[string][]string
		below   bool // all below a name is the service too
	}{{hit.AIAssistant, plain.ai, true}, {hit.Social, plain.social, true}, {hit.Search, search, false}} {
		fmt.Fprintf(&b, "[%s]\n", section.channel.Code())
		for _, line := range linesOf(section.names, section.below, known) {
			b.WriteString(line + "\n")
		}
	}
	return b.String(), nil
}

// linesOf returns the sorted lines of the names of one section that are not known yet.
// Names with a path are left out: paths of referrers are not kept.
func linesOf(services map[string][]string, below bool, known map[string]bool) []string {
	keys := map[string]bool{}
	for _, names := range services {
		for _, name := range names {
			if key, ok := keyOf(name, below); ok && !known[strings.TrimPrefix(key, ".")] {
				keys[key] = true
			}
		}
	}
	var lines []string
	for key := range keys {
		bare := strings.TrimPrefix(key, ".")
		known[bare] = true
		if bare == key && keys["."+key] || isBelow(bare, keys) {
			continue // said by the line of what is above it
		}
		line := key
		if domain, err := publicsuffix.EffectiveTLDPlusOne(bare); err == nil && !strings.HasSuffix(bare, ".{}") && domain != bare && (keys[domain] || keys["."+domain]) {
			line += " = " + domain // one of several computers of that engine
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// isBelow reports whether a line of keys stands for all below a name that bare is
// below of.
func isBelow(bare string, keys map[string]bool) bool {
	for _, rest, more := strings.Cut(bare, "."); more; _, rest, more = strings.Cut(rest, ".") {
		if keys["."+rest] {
			return true
		}
	}
	return false
}

// keyOf returns the key of a name as the sources write it: "{}." before a name is any
// country below it, ".{}" behind it any country above it.
func keyOf(name string, below bool) (string, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	if rest, ok := strings.CutPrefix(name, "{}."); ok {
		name, below = rest, true
	}
	for _, prefix := range []string{"www.", "m.", "amp."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && strings.Contains(rest, ".") {
			name = rest
		}
	}
	stem, isAnywhere := strings.CutSuffix(name, ".{}")
	if isAnywhere && !isName(stem+".jp") || !isAnywhere && !isName(name) {
		return "", false
	}
	if below {
		name = "." + name
	}
	return name, true
}

// isName leaves out paths, and the names of Android packages, which begin as a domain
// ends and end in no domain as a rule.
func isName(name string) bool {
	_, ok := hit.ParseHost(name)
	_, isPublic := publicsuffix.PublicSuffix(name)
	return ok && isPublic && !strings.HasPrefix(name, "com.") && !strings.HasPrefix(name, "org.")
}

// spammersOf writes the list of spam as one section. Public suffixes are left out:
// they would take everything below them.
func spammersOf(folder string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, "spammers.txt"))
	if err != nil {
		return "", fmt.Errorf("read a source: %w", err)
	}
	var names []string
	for name := range strings.FieldsSeq(strings.ToLower(string(text))) {
		suffix, _ := publicsuffix.PublicSuffix(name)
		if name != suffix && strings.Contains(name, ".") && !strings.ContainsAny(name, "/#=*[]") {
			names = append(names, "."+name)
		}
	}
	if len(names) == 0 {
		return "", errors.New("the list of spam is empty")
	}
	slices.Sort(names)
	return "[spam]\n" + strings.Join(slices.Compact(names), "\n") + "\n", nil
}
