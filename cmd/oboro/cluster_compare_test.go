package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"oboro/aggregator/release"
)

// reference sends one process what the cluster was sent, and has it seal the same days.
func (c *cluster) reference() *program {
	c.t.Helper()
	if first, second := c.epochs(saturday), c.epochs(sunday); first != 2+rounds() || second != 1 {
		c.t.Errorf("the days have %d and %d epochs, want %d, of two collectors and as many starts more as there were, and 1", first, second, 2+rounds())
	}
	p := clusterProgram(c.t, clusterConfig)
	p.start()
	for _, of := range c.sender.stretches {
		p.setClock(of.clock)
		switch of.clock {
		case 0:
			p.lose(c.epochs(saturday) - 1)
		case dayAfter:
			p.sealedAll("day", saturday)
			p.lose(c.epochs(sunday) - 1)
		case mondayAt:
			p.sealedAll("week", week)
		}
		p.replay(of)
	}
	return p
}

// epochs returns how many a day has, of which the ledger says the same for each site.
func (c *cluster) epochs(day string) int {
	c.t.Helper()
	n := 0
	for _, r := range c.seals.reserved("day", day) {
		if n != 0 && r.Epochs != n {
			c.t.Errorf("%s has %d epochs at one site, and %d at another", day, n, r.Epochs)
		}
		n = r.Epochs
	}
	return n
}

// lose has a process lose its state, which is that of nobody yet: each time is one more epoch.
func (p *program) lose(times int) {
	p.t.Helper()
	for range times {
		p.stop(syscall.SIGTERM)
		if err := os.RemoveAll(filepath.Join(p.state, "log")); err != nil {
			p.t.Fatal(err)
		}
		p.startAgain()
	}
}

// compare compares what both show and publish.
func (c *cluster) compare(r *program) {
	c.t.Helper()
	config, err := loadConfig(filepath.Join(r.work, "oboro.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	catalogue, err := config.catalogue()
	if err != nil {
		c.t.Fatal(err)
	}
	rows := 0
	for _, site := range []string{"alpha", "gamma"} {
		for _, st := range catalogue.All() {
			want := r.queried(site, st.ID)
			rows += strings.Count(want, "\n") - 1
			if got := c.seals.queried(site, st.ID); got != want {
				c.t.Errorf("%s of %s: the cluster has\n%s\none process has\n%s", st.ID, site, difference(got, want), difference(want, got))
			}
		}
		c.expect(site)
		if table := c.seals.queried(site, "not-found"); !strings.Contains(table, "\n"+week+",/old/,") {
			c.t.Errorf("%s: the week has no row of /old/:\n%s", site, table)
		}
	}
	if rows < 120 {
		c.t.Errorf("only %d rows are compared", rows)
	}
	c.compareFolders(r)
}

// queried returns what the team sees of a statistic from Saturday on.
func (p *program) queried(site, id string) string {
	p.t.Helper()
	from := saturday
	if id == "not-found" {
		from = week
	}
	out, err := p.command("query", "--site", site, "--statistic", id, "--from", from, "--to", sunday, "--format", "csv").CombinedOutput()
	if err != nil {
		p.t.Fatalf("query: %v\n%s", err, out)
	}
	return string(out)
}

// expect holds what is shown of the days to what the sender knows.
func (c *cluster) expect(site string) {
	c.t.Helper()
	table := c.seals.queried(site, "days")
	for i, day := range []string{saturday, sunday} {
		visitors, views := c.sender.count("http://"+site+".example", i)
		if row := fmt.Sprintf("\n%s,%d,", day, visitors); !strings.Contains(table, row) || !strings.Contains(table, fmt.Sprintf(",%d,", views)) {
			c.t.Errorf("%s on %s: %d views of %d visitors were answered, and the table says\n%s", site, day, views, visitors, table)
		}
	}
}

// compareFolders publishes of both, with the same keys, and compares each byte.
func (c *cluster) compareFolders(r *program) {
	c.t.Helper()
	_, _, err1 := release.LoadOrCreateSigner(filepath.Join(r.data, "signing.key"), "oboro")
	_, err2 := release.LoadOrCreateMinisigner(filepath.Join(r.data, "minisign.key"))
	if err := errors.Join(err1, err2); err != nil {
		c.t.Fatal(err)
	}
	var folders []map[string][]byte
	for _, p := range []*program{r, c.seals} {
		for _, name := range []string{"signing.key", "minisign.key"} {
			key, err := os.ReadFile(filepath.Join(r.data, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(p.data, name), key, 0o600)
			}
			if err != nil {
				c.t.Fatal(err)
			}
		}
		folder := filepath.Join(p.work, "folder")
		if out, err := p.command("publish", "--out", folder).CombinedOutput(); err != nil {
			c.t.Fatalf("publish: %v\n%s", err, out)
		}
		if out, err := p.command("verify", folder).CombinedOutput(); err != nil {
			c.t.Errorf("verify: %v\n%s", err, out)
		}
		folders = append(folders, filesBelow(c.t, folder))
	}
	want, got := folders[0], folders[1]
	var other []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !bytes.Equal(got[name], want[name]) {
			other = append(other, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			other = append(other, name)
		}
	}
	if len(other) > 0 {
		name := "ledger/entries.jsonl" // where the first difference is
		c.t.Errorf("of %d published files %d are other than those of one process: %q\nthe cluster's ledger has\n%.4000s\nthat of one process\n%.4000s", len(want), len(other), other,
			difference(string(got[name]), string(want[name])), difference(string(want[name]), string(got[name])))
	}
	if len(want) < 100 {
		c.t.Errorf("only %d files are compared", len(want))
	}
}

func filesBelow(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
