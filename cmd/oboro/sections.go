package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestName is how many letters the name of a section may have.
const longestName = 60

// readSections brings the prefixes of a site's sections into the form that pages are counted in,
// the longest first.
func (s *siteConfig) readSections(r *pageReader) error {
	seen := map[string]bool{}
	for i := range s.Sections {
		of := &s.Sections[i]
		if !isName(of.Name) {
			return fmt.Errorf("sections: %.80q is no name: 1 to %d letters on one line are, that do not begin with / or ( and have no space around them", of.Name, longestName)
		}
		if strings.Contains(of.Prefix, "*") {
			return fmt.Errorf("sections: prefix %.80q: it is how pages begin, without a *", of.Prefix)
		}
		entry, why := r.rules.Entry(of.Prefix + "*")
		if why != "" {
			return fmt.Errorf("sections: prefix %.80q begins no page: %s", of.Prefix, why)
		}
		if of.Prefix = strings.TrimSuffix(entry, "*"); seen[of.Prefix] {
			return fmt.Errorf("sections: the prefix %.80q is there twice", of.Prefix)
		}
		seen[of.Prefix] = true
	}
	slices.SortStableFunc(s.Sections, func(a, b sectionConfig) int { return len(b.Prefix) - len(a.Prefix) })
	return nil
}

// isName reports whether a section may be called so: a page, and what merged cells are
// called, look otherwise.
func isName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= longestName && name == strings.TrimSpace(name) &&
		!strings.ContainsFunc(name, unicode.IsControl) && name[0] != '/' && name[0] != '('
}

// sectionsOf returns what says which section of the site a page is in, or nil where it
// declares none.
func (c *config) sectionsOf(site string) func(page string) (section string, ok bool) {
	i := slices.IndexFunc(c.Sites, func(s siteConfig) bool { return s.ID == site })
	if i < 0 || len(c.Sites[i].Sections) == 0 {
		return nil
	}
	sections := c.Sites[i].Sections
	return func(page string) (string, bool) {
		for _, s := range sections {
			if strings.HasPrefix(page, s.Prefix) {
				return s.Name, true
			}
		}
		return "", false
	}
}
