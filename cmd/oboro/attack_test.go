package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The attacks here need the whole program. Those on the seal alone are in internal/attack,
// and docs/privacy.md lists all of them.

// tokyo is the zone of the attacks.
var tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

// may returns a time of May 2026.
func may(day, hour, minute int) time.Time { return time.Date(2026, 5, day, hour, minute, 0, 0, tokyo) }

// reopen begins another life of the rig's process, on data that may lie elsewhere by now, and
// with other random bytes.
func (r *rig) reopen(data, seed string) {
	r.t.Helper()
	if err := r.app.close(); err != nil {
		r.t.Fatal(err)
	}
	p, o := r.app.process, r.app.options
	p.random = &sources{noise: &stream{seed: "noise " + seed}, rest: &stream{seed: "keys " + seed}}
	o.Data = data
	var err error
	if r.app, err = openApp(r.t.Context(), p, o, r.app.config); err != nil {
		r.t.Fatal(err)
	}
}

// do runs a command and returns its error. One that has nothing to do has done nothing wrong.
func (r *rig) do(j job) error {
	err := j.do(r.t.Context(), r.app, streams{out: io.Discard, err: io.Discard, dir: r.app.config.dir})
	if f, ok := errors.AsType[failure](err); ok && f.status == nothing {
		return nil
	}
	return err
}

// file writes a file into the rig's folder and returns its path.
func (r *rig) file(name, text string) string {
	r.t.Helper()
	path := filepath.Join(r.app.config.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}

// logOf returns the lines of an access log: each day so many visitors look at some pages.
func logOf(seed uint64, from time.Time, days, visitors int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for day := range days {
		at := from.AddDate(0, 0, day)
		for i := range visitors/2 + random.IntN(visitors) {
			address := fmt.Sprintf("%d.%d.%d.7", 1+random.IntN(220), random.IntN(200), i%200)
			if random.IntN(3) > 0 {
				address = fmt.Sprintf("133.200.%d.%d", i/200, i%200)
			}
			for range 1 + random.IntN(3) {
				fmt.Fprintf(&b, "%s - - [%s] \"GET /page-%c/ HTTP/1.1\" 200 512 \"-\" \"%s\"\n", address,
					at.Add(time.Duration(i)*10*time.Second).Format("02/Jan/2006:15:04:05 -0700"), 'a'+byte(random.IntN(9)), browsers[i%2])
			}
		}
	}
	return b.String()
}

// filesOf reads all files below a folder.
func filesOf(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// differ returns the names of files that are not the same in both folders.
func differ(a, b map[string][]byte) (names []string) {
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// TestAttackAveraging seals and publishes fifty times more: over restarts with other random
// bytes, with the same log again, from copies of the data folder, with the clock set forward
// and back, and where what was published is gone. Each time it is refused, or gives the
// bytes that it gave, and the ledger has not one record more: there is nothing to average.
// (A copy from before the seal is another thing: who has that has the open cells, too.)
//
// Seen to fail when the ledger takes other files for a published version.
func TestAttackAveraging(t *testing.T) {
	r := newRig(t, may(2, 0, 0), map[string]string{"oboro.yaml": "state_limit: 64MB\n"})
	again, now := r.liveThroughMay(), may(32, 12, 0)
	r.set(now)
	r.reopen(r.app.options.Data, "first") // the collector has ended; the day that it had begun is sealed
	if _, err := r.app.aggregator.SealThrough(t.Context(), r.app.aggregator.Day()-1); err != nil {
		t.Fatal(err)
	}
	r.printed(publishCommand{Out: "public"})
	public := filepath.Join(r.app.config.dir, "public")
	want, spent := filesOf(t, public), r.ledgerOf()
	if len(want) < 100 || bytes.Count(spent, []byte(`"reserve"`)) < 6 {
		t.Fatalf("%d files are published and the ledger has %d bytes", len(want), len(spent))
	}
	for round := range 50 {
		data := r.app.options.Data
		if round%5 == 4 {
			data = r.copied()
		}
		clocks := []time.Time{now, now.AddDate(1, 0, 0), may(25, 12, 0), now.AddDate(0, 0, 1), now}
		r.set(clocks[round%len(clocks)])
		r.reopen(data, fmt.Sprint(round))
		if round%10 == 9 {
			r.publishAgain(again, public)
		} else if err := r.sealAgain(again); err != nil {
			t.Logf("round %d is refused: %v", round, err)
		}
		for _, name := range differ(want, filesOf(t, public)) {
			if !dated[name] || r.now().Equal(now) && round%10 != 9 { // else it is of another day
				t.Errorf("round %d: %s is other than before", round, name)
			}
		}
		if !bytes.Equal(spent, r.ledgerOf()) {
			t.Fatalf("round %d: the ledger has other records than before", round)
		}
	}
}

// liveThroughMay has a crowd on one day of May, and imports five more. It returns the import.
func (r *rig) liveThroughMay() importCommand {
	r.t.Helper()
	r.serve()
	r.set(may(2, 10, 0))
	requests, n := crowd(0)
	if statuses := r.send(requests, n); statuses[202] != n {
		r.t.Fatalf("the crowd is answered %v", statuses)
	}
	r.set(may(3, 0, 2))
	r.close()
	r.set(may(20, 12, 0))
	log := r.file("access.log", logOf(1, may(10, 9, 0), 5, 200))
	again := importCommand{Site: "demo", Format: "combined", Files: []string{log}}
	if err := r.do(again); err != nil {
		r.t.Fatal(err)
	}
	return again
}

// sealAgain does what could draw again.
func (r *rig) sealAgain(again importCommand) error {
	_, err := r.app.aggregator.SealThrough(r.t.Context(), r.app.aggregator.Day()-1)
	return errors.Join(err, r.do(again), r.do(publishCommand{Out: "public"}))
}

// publishAgain does so without what was published: that must be refused, since the files would be
// others. It puts back what was there.
func (r *rig) publishAgain(again importCommand, public string) {
	r.t.Helper()
	for _, folder := range []string{public, r.app.archive()} {
		rename(r.t, folder, folder+".lost")
	}
	if err := r.sealAgain(again); err == nil || len(filesOf(r.t, public)) > 0 {
		r.t.Errorf("what was published before is published again: %v", err)
	}
	for _, folder := range []string{public, r.app.archive()} {
		rename(r.t, folder+".lost", folder)
	}
}

// copied returns a copy of the data folder.
func (r *rig) copied() string {
	r.t.Helper()
	data := filepath.Join(r.t.TempDir(), "data")
	if out, err := exec.Command("cp", "-a", r.app.options.Data, data).CombinedOutput(); err != nil {
		r.t.Fatalf("copy the data: %v %s", err, out)
	}
	return data
}

// rename puts a folder elsewhere, in place of what is there.
func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(to), os.Rename(from, to)); err != nil {
		t.Fatal(err)
	}
}

// dated are the published files that say of which day they are. None of them has a figure that
// is not in a table, which verify compares.
var dated = map[string]bool{
	"SHA256SUMS": true, "SHA256SUMS.note": true, "SHA256SUMS.minisig": true, "index.html": true, "en/index.html": true,
}

// ledgerOf returns the records of the ledger.
func (r *rig) ledgerOf() []byte {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.app.options.Data, "ledger", "entries.jsonl"))
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}
