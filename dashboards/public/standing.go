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
		editions = append(editions, edition{Release: v.Bare(declared[e.Statistic]), day: day, table: e})
	}
	slices.SortStableFunc(editions, func(a, b edition) int {
		return slices.Index(order, a.Statistic().ID) - slices.Index(order, b.Statistic().ID)
	})
	return editions, nil
}

// whole adds their figures to the tables where they are needed. A table whose statistic is
// declared otherwise now has no words for them, and goes.
func (f *draft) whole(editions []edition, needed map[string]bool) (list []edition, err error) {
	for _, e := range editions {
		ok := true
		if needed[e.Name()] {
			if e.table, err = f.figures(e.Name()); err != nil {
				return nil, err
			}
			e.Release, ok = release.Restore(e.Statistic(), e.table)
		}
		if ok {
			list = append(list, e)
		}
	}
	return list, nil
}

// figures returns the table of that name with its figures: one that was archived just now as
// it was made.
func (p Publication) figures(name string) (release.Envelope, error) {
	if table, ok := p.fresh[name]; ok {
		return table, nil
	}
	return p.Shelf.Table(p.Shelf.sets[name])
}

// page returns the path of the group's page, in Japanese.
func (g group) page() string { return path.Join("sites", g.site, g.period.String(), "index.html") }

// of returns a hash of all that the group's page is made of: its tables, and those of the
// period before it. What comes later changes nothing of it.
func (f *draft) of(g group) string {
	made := struct {
		Program, Title, Timezone string
		Agency                   statistic.Text
		Licences                 []release.Licence
		Tables                   [][]string
	}{program(), f.title(g.site, "ja") + "\n" + f.title(g.site, "en"), f.Timezone, f.Agency, f.Licences, nil}
	for _, tables := range [][]edition{g.tables, g.before} {
		var list []string
		for _, e := range tables {
			list = append(list, e.Statistic().Title.JA, e.Statistic().Title.EN, f.Shelf.sets[e.Name()].Record().Manifest)
		}
		made.Tables = append(made.Tables, list)
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
	for _, g := range groups {
		key := g.site + "/" + g.period.String()
		of[key] = f.of(g)
		f.standing[g.page()] = f.stand(before[key], of[key])
	}
	editions, err := f.whole(editions, f.needed(groups))
	if err != nil {
		return err
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

// needed returns the names of the tables whose figures are needed: for the pages that are
// made, and for those that show the newest period of each site; with the period before, which
// they compare with.
func (f *draft) needed(groups []group) map[string]bool {
	needed := map[string]bool{}
	for _, g := range groups {
		if f.standing[g.page()] && !g.newest {
			continue
		}
		for _, e := range slices.Concat(g.tables, g.before) {
			needed[e.Name()] = true
		}
	}
	return needed
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
