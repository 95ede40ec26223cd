package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	syntax "github.com/goccy/go-yaml/parser"

	"oboro/collector"
)

// A declaredPages counts what a site declares, and what its lists held besides.
type declaredPages struct {
	pages, patterns int
	left            []leftOut
}

// A leftOut counts the addresses of a file that declare nothing.
type leftOut struct {
	place     string
	elsewhere int // of other hosts
	none      int // no page, by the rules
}

func (s *siteConfig) addresses() collector.Addresses {
	return collector.Addresses{Parameters: s.Parameters, IndexFiles: s.IndexFiles, Slash: s.TrailingSlash, Case: s.Case}
}

// readPages brings the declared pages of each site into the form that they are counted
// in, with those of its files. The configuration is that of the file at path, if any.
func (c *config) readPages(path string) error {
	for i := range c.Sites {
		s := &c.Sites[i]
		rules, err := s.addresses().Rules()
		if err != nil {
			return fmt.Errorf("site %s: %w", s.ID, err)
		}
		r := newPageReader(s.Hosts, rules)
		for j, entry := range s.Pages {
			if why := r.entry(entry); why != "" {
				r.fault(lineOf(path, i, j), entry, why)
			}
		}
		for _, file := range s.PagesFrom {
			if err := r.place(absolute(file, c.dir)); err != nil {
				return fmt.Errorf("site %s: pages_from: %w", s.ID, err)
			}
		}
		if err := r.faults(); err != nil {
			return fmt.Errorf("site %s: %w", s.ID, err)
		}
		s.Pages, s.declared = r.list(), r.declared()
		if err := s.readSections(r); err != nil {
			return fmt.Errorf("site %s: %w", s.ID, err)
		}
	}
	return nil
}

// lineOf returns the place of a site's page in the configuration file, as FILE:LINE.
func lineOf(path string, site, page int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return path
	}
	file, err := syntax.ParseBytes(text, 0)
	if err != nil {
		return path
	}
	at, err := yaml.PathString(fmt.Sprintf("$.sites[%d].pages[%d]", site, page))
	if err != nil {
		return path
	}
	node, err := at.FilterFile(file)
	if err != nil {
		return path
	}
	return fmt.Sprintf("%s:%d", path, node.GetToken().Position.Line)
}

// sayPages prints what pages a site declares.
func (s *siteConfig) sayPages(out io.Writer) {
	d := s.declared
	fmt.Fprintf(out, "site %s: %d pages and %d patterns declared\n", s.ID, d.pages, d.patterns)
	if len(s.Parameters) > 0 {
		fmt.Fprintf(out, "  kept of a query: %s\n", strings.Join(s.Parameters, ", "))
	}
	if c := s.Campaigns; len(c.Sources)+len(c.Mediums)+len(c.Names) > 0 {
		fmt.Fprintf(out, "  kept of links: %d values of utm_source, %d of utm_medium, %d of utm_campaign\n", len(c.Sources), len(c.Mediums), len(c.Names))
	}
	for _, l := range d.left {
		fmt.Fprintf(out, "  left out of %s\n", l)
	}
}

func (l leftOut) String() string {
	return fmt.Sprintf("%s: %d addresses of other hosts, %d that are no page", l.place, l.elsewhere, l.none)
}

// entry takes an entry of a list that somebody wrote, or says why it is none.
func (r *pageReader) entry(text string) (why string) {
	entry, why := r.rules.Entry(text)
	switch {
	case why != "":
	case strings.Contains(entry, "*"):
		r.patterns[entry] = true
	default:
		r.pages[entry] = true
	}
	return why
}

// mostFaults is how many entries that are wrong are shown.
const mostFaults = 10

// fault notes an entry that is wrong, and where it stands.
func (r *pageReader) fault(place, entry, why string) {
	if r.wrong++; r.wrong <= mostFaults {
		r.said = append(r.said, fmt.Errorf("%s: %.200q is no page: %s", place, entry, why))
	}
}

// faults returns what is wrong with the entries read so far.
func (r *pageReader) faults() error {
	if r.wrong > mostFaults {
		return errors.Join(append(r.said, fmt.Errorf("and %d more", r.wrong-mostFaults))...)
	}
	return errors.Join(r.said...)
}

// list returns all entries read so far, sorted.
func (r *pageReader) list() []string {
	list := make([]string, 0, len(r.pages)+len(r.patterns))
	for page := range r.pages {
		list = append(list, page)
	}
	for pattern := range r.patterns {
		list = append(list, pattern)
	}
	slices.Sort(list)
	return list
}

func (r *pageReader) declared() declaredPages {
	return declaredPages{pages: len(r.pages), patterns: len(r.patterns), left: r.left}
}
