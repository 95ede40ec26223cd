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

// editions returns what has pages: the given releases, and the data sets on the shelf of
// the statistics and sites that are declared, of each table of a period the newest.
func (f *folder) editions() ([]edition, error) {
	var editions []edition
	for _, r := range f.Releases {
		v := f.Shelf.sets[r.Name()]
		day, err := statistic.ParseDay(v.Table.TakenAt)
		if err != nil {
			return nil, fmt.Errorf("%s: the archived table has no day of publication", r.Name())
		}
		editions = append(editions, edition{Release: r, day: day, table: v.Table})
	}
	return editions, nil
}

// newest adds the standing data sets that have pages, without their figures.
func (f *folder) newest(editions []edition) []edition {
	declared, given := map[string]*statistic.Statistic{}, map[string]bool{}
	for _, st := range f.Statistics {
		declared[st.ID] = st
	}
	for _, e := range editions {
		given[path.Dir(e.Name())] = true
	}
	sites := map[string]bool{}
	for _, s := range f.Sites {
		sites[s.ID] = true
	}
	for _, v := range f.Shelf.sorted() {
		e := v.Table
		st := declared[e.Statistic]
		newest, _ := f.Shelf.Newest(e.Site, e.Statistic, e.Period.Name)
		if st == nil || !sites[e.Site] || given[path.Dir(e.Name)] || newest.Table.Version != e.Version {
			continue
		}
		day, err := statistic.ParseDay(e.TakenAt)
		if err != nil {
			continue // no data set without one was ever verified
		}
		editions = append(editions, edition{Release: v.Bare(st), day: day, table: e, bare: true})
	}
	order := map[string]int{}
	for i, st := range f.Statistics {
		order[st.ID] = i
	}
	slices.SortStableFunc(editions, func(a, b edition) int { return order[a.Statistic().ID] - order[b.Statistic().ID] })
	return editions
}

// whole reads the figures of a group's tables again. A table whose statistic is declared
// otherwise now has no words for them, and goes.
func (f *folder) whole(g group) (group, error) {
	tables := g.tables
	g.tables = nil
	for _, e := range tables {
		if e.bare {
			table, err := f.Shelf.Table(f.Shelf.sets[e.Name()])
			if err != nil {
				return g, err
			}
			r, ok := release.Restore(e.Statistic(), table)
			if !ok {
				continue
			}
			e.Release, e.bare = r, false
		}
		g.tables = append(g.tables, e)
	}
	return g, nil
}

// page returns the path of the group's page, in Japanese.
func (g group) page() string { return path.Join("sites", g.site, g.period.String(), "index.html") }

// of returns a hash of all that the group's page is made of, with its neighbours in time.
func (f *folder) of(groups []group, i int) string {
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

// show adds the pages. Those that were made of the same before, and stand, are listed and
// not made again.
func (f *folder) show(given []edition) error {
	f.stored, f.standing = f.files, map[string]bool{}
	groups := f.groups(f.newest(given))
	of := map[string]string{}
	for i, g := range groups {
		of[g.page()] = f.of(groups, i)
		f.standing[g.page()] = f.stand(g.page(), of[g.page()])
	}
	var editions []edition
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
	if err := f.Publication.pages(made, editions, *f.Budget); err != nil {
		return err
	}
	for name, page := range made {
		f.put(name, page)
	}
	for page, hash := range of {
		for _, name := range []string{page, under("en") + page} {
			if _, drawn := made[name]; drawn {
				f.drawn[name] = hash
			}
		}
	}
	return nil
}

// needed reports whether the figures of a group are needed: for its page, for that of the
// period after it, or, where it is the newest of its site, for the first page.
func (f *folder) needed(groups []group, i int) bool {
	newest := i == 0 || groups[i-1].site != groups[i].site
	return newest || !f.standing[groups[i].page()] || !f.standing[groups[i-1].page()]
}

// stand lists the page in both languages where it stands as it would be made.
func (f *folder) stand(page, of string) bool {
	for _, name := range []string{page, under("en") + page} {
		made, ok := f.Shelf.pages[name]
		if !ok || of == "" || made.Of != of || !f.before.stands(name, made.File) {
			return false
		}
	}
	for _, name := range []string{page, under("en") + page} {
		f.files[name] = f.Shelf.pages[name].File
	}
	return true
}
