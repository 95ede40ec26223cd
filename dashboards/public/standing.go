package public

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// program is the hash of the program that makes the pages: with another, all are made
// anew. It is empty where it cannot be read, and then pages always are.
var program = sync.OnceValue(func() string {
	at, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(at)
	if err != nil {
		return ""
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
})

// editions returns what has pages: of each table of a period the newest version on the
// shelf, of the sites and statistics that are declared. They are without their figures.
func (f *draft) editions() ([]edition, error) {
	declared, order := map[string]*statistic.Statistic{}, []string{}
	declare := func(st *statistic.Statistic) {
		if declared[st.ID] == nil {
			declared[st.ID], order = st, append(order, st.ID)
		}
	}
	for _, st := range f.Statistics {
		declare(st)
	}
	for _, r := range f.Releases {
		declare(r.Statistic())
	}
	sites := map[string]bool{}
	for _, s := range f.Sites {
		sites[s.ID] = true
	}
	var editions []edition
	for _, v := range f.Shelf.sorted() {
		e := v.Table
		newest, _ := f.Shelf.Newest(e.Site, e.Statistic, e.Period.Name)
		if declared[e.Statistic] == nil || !sites[e.Site] || newest.Table.Version != e.Version {
			continue
		}
		day, err := statistic.ParseDay(e.TakenAt)
		if err != nil {
			return nil, fmt.Errorf("%s: the archived table has no day of publication", e.Name)
		}
		editions = append(editions, edition{Release: v.Bare(declared[e.Statistic]), day: day, table: e, bare: true})
	}
	slices.SortStableFunc(editions, func(a, b edition) int {
		return slices.Index(order, a.Statistic().ID) - slices.Index(order, b.Statistic().ID)
	})
	return editions, nil
}

// whole reads the figures of a group's tables again. A table whose statistic is declared
// otherwise now has no words for them, and goes.
func (f *draft) whole(g group) (group, error) {
	tables := g.tables
	g.tables = nil
	for _, e := range tables {
		table, err := f.Shelf.Table(f.Shelf.sets[e.Name()])
		if err != nil {
			return g, err
		}
		r, ok := release.Restore(e.Statistic(), table)
		if !ok {
			continue
		}
		e.Release, e.table, e.bare = r, table, false
		g.tables = append(g.tables, e)
	}
	return g, nil
}

// page returns the path of the group's page, in Japanese.
func (g group) page() string { return path.Join("sites", g.site, g.period.String(), "index.html") }

// of returns a hash of all that the group's page is made of, with its neighbours in time.
func (f *draft) of(groups []group, i int) string {
	made := struct {
		Program, Title, Timezone string
		Agency                   statistic.Text
		Licences                 []release.Licence
		Tables                   [][]string
	}{program(), f.title(groups[i].site, "ja") + "\n" + f.title(groups[i].site, "en"), f.Timezone, f.Agency, f.Licences, nil}
	for j := max(0, i-1); j < min(i+2, len(groups)); j++ {
		tables := []string{groups[j].period.String()}
		for _, e := range groups[j].tables {
			if groups[j].site == groups[i].site {
				tables = append(tables, e.Statistic().Title.JA, e.Statistic().Title.EN, f.Shelf.sets[e.Name()].Record().Manifest)
			}
		}
		made.Tables = append(made.Tables, tables)
	}
	text, err := json.Marshal(made)
	if err != nil || made.Program == "" {
		return ""
	}
	return release.Hash(text)
}

// show adds the pages. What was made of the same before, and stands, is listed and not made
// again.
func (f *draft) show(editions []edition) error {
	f.stored, f.standing = f.files, map[string]bool{}
	groups := f.groups(editions)
	of := map[string]string{} // by site and period
	before := f.Shelf.pagesOf()
	for i, g := range groups {
		key := g.site + "/" + g.period.String()
		of[key] = f.of(groups, i)
		f.standing[g.page()] = f.stand(before[key], of[key])
	}
	editions = nil
	for i, g := range groups {
		if f.needed(groups, i) {
			whole, err := f.whole(g)
			if err != nil {
				return err
			}
			g = whole
		}
		editions = append(editions, g.tables...)
	}
	made := map[string][]byte{}
	if err := f.pages(made, editions, *f.Budget); err != nil {
		return err
	}
	for name, page := range made {
		key := aboutPeriod(name)
		if _, stands := f.files[name]; stands && key != "" {
			continue
		}
		f.put(name, page)
		if key != "" {
			f.drawn[name] = of[key]
		}
	}
	return nil
}

// needed reports whether the figures of a group are needed: for its page, for that of the
// period after it, or, where it is one of the two newest of its site, for the pages that show
// the newest and say how it compares.
func (f *draft) needed(groups []group, i int) bool {
	newer, own := 0, groups[i]
	for newer < 2 && newer < i && groups[i-1-newer].site == own.site && groups[i-1-newer].period.Cadence() == own.period.Cadence() {
		newer++
	}
	return newer < 2 || !f.standing[groups[i].page()] || !f.standing[groups[i-1].page()]
}

// stand lists the files about one site and period where all stand as they would be made.
func (f *draft) stand(names []string, of string) bool {
	for _, name := range names {
		made := f.Shelf.pages[name]
		if of == "" || made.Of != of || !f.before.stands(name, made.File) {
			return false
		}
	}
	for _, name := range names {
		f.files[name] = f.Shelf.pages[name].File
	}
	return len(names) > 0
}

// pagesOf returns the names of pages by what they are about.
func (s *Shelf) pagesOf() map[string][]string {
	names := map[string][]string{}
	for name := range s.pages {
		names[aboutPeriod(name)] = append(names[aboutPeriod(name)], name)
	}
	return names
}

// aboutPeriod returns the site and the period that a page is about by its path, as in
// www/2026-04, or nothing.
func aboutPeriod(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts[1:] {
		if _, err := release.ParsePeriod(part); err == nil {
			return parts[i] + "/" + part
		}
	}
	return ""
}
