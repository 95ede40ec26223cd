package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/collector/hit"
	"oboro/internal/ramlog"
)

const today, tomorrow = "2026-05-01", "2026-05-02"

// TestRestartKeepsTheDay: after a kill, and after an orderly stop, a visitor of the
// day is known, and the day has one epoch. Seen to fail when the log is begun anew at
// each start.
func TestRestartKeepsTheDay(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "stopped": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			p := newProgram(t, "flush: 15m\n")
			p.start()
			p.views(202, 20)
			for range 2 {
				p.begun(1)
				p.stop(sig)
				p.start()
				p.views(202, 20)
			}
			p.stop(syscall.SIGTERM)
			p.expect(today, 20, 60, 1)
			if visits, _ := p.open("days", today); visits[statistic.Visits] != 20 {
				t.Errorf("%d visits, want 20", visits[statistic.Visits])
			}
		})
	}
}

// TestKilledBeforeMidnight: a start after midnight has all hits of the day before in
// its seal, and the log of that day is gone with its key. Seen to fail when the change
// of day does not freeze.
func TestKilledBeforeMidnight(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.now = "2026-05-01T23:50:00+09:00"
	p.start()
	p.views(202, 25)
	old := p.generation()
	key, err := os.ReadFile(filepath.Join(old, "key"))
	if err != nil {
		t.Fatal(err)
	}
	p.stop(syscall.SIGKILL)
	p.now = "2026-05-02T00:10:00+09:00"
	p.start()
	if row := p.sealed(today); row.Visitors != 25 || row.Views != 25 {
		t.Errorf("the day before is sealed as %+v, want 25 visitors and views", row)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the log of the day before is still there: %v", err)
	}
	if p.holds(key[:32]) {
		t.Error("the key of the log of the day before is still in the state directory")
	}
	p.views(202, 25)
	p.stop(syscall.SIGTERM)
	p.expect(tomorrow, 25, 25, 1)
}

// holds reports whether a file of the state directory holds the bytes.
func (p *program) holds(bytes_ []byte) (found bool) {
	p.t.Helper()
	err := filepath.WalkDir(p.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		found = found || bytes.Contains(content, bytes_)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// TestSealAfterAKill: a seal on the command line, while no process serves, has the
// hits that the killed one left in the RAM log; a log of other data is left alone. The
// next start goes on with the day. Seen to fail when the command does not look at the
// log (the hits then come after the seal of their day).
func TestSealAfterAKill(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.now = "2026-05-01T23:50:00+09:00"
	p.start()
	p.views(202, 25)
	p.stop(syscall.SIGTERM)
	p.start()
	p.views(202, 25)
	p.stop(syscall.SIGKILL)
	p.now = "2026-05-02T00:10:00+09:00"
	own := p.data
	p.data = filepath.Join(p.work, "other")
	if out, err := p.command("seal").CombinedOutput(); err == nil || !strings.Contains(string(out), "nothing to seal") {
		t.Errorf("a seal of other data: %v, %s, want nothing to seal", err, out)
	}
	p.data = own
	if out, err := p.command("seal").CombinedOutput(); err != nil || !strings.Contains(string(out), "sealed "+today) {
		t.Fatalf("a seal after a kill: %v, %s", err, out)
	}
	p.start()
	if row := p.sealed(today); row.Visitors != 25 || row.Views != 50 {
		t.Errorf("the day is sealed as %+v, want 25 visitors and 50 views", row)
	}
	p.views(202, 25)
	p.stop(syscall.SIGTERM)
	p.expect(tomorrow, 25, 25, 1)
	if strings.Contains(p.logs.String(), "after the seal") {
		t.Error("hits came after the seal of their day")
	}
}

// TestChangedConfiguration: what a killed process counted by another declaration goes
// to the store under that one, and a new epoch begins. Seen to fail when what was
// counted is not frozen.
func TestChangedConfiguration(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.start()
	p.views(202, 20)
	p.begun(1)
	p.stop(syscall.SIGKILL)
	p.configure("flush: 15m\nstatistics: {off: [languages]}\n")
	p.start()
	p.views(202, 20)
	p.begun(2)
	p.stop(syscall.SIGKILL)
	p.start()
	p.views(202, 20)
	p.stop(syscall.SIGTERM)
	p.expect(today, 40, 60, 2)
	if languages, _ := p.open("languages", today); languages[statistic.Visitors] != 20 {
		t.Errorf("%d visitor-days by language, want the 20 from before it was switched off", languages[statistic.Visitors])
	}
}

// TestAnotherDataDirectory: hits of one data directory that are not flushed keep the
// state directory from another, and stay; once they are flushed it may be used. Seen
// to fail when the ledgers are not compared.
func TestAnotherDataDirectory(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.start()
	p.views(202, 20)
	p.begun(1)
	p.stop(syscall.SIGKILL)
	first := p.data
	for range 2 {
		p.data = filepath.Join(p.work, "other")
		status, words := p.refused()
		if status != misused || !strings.Contains(words, "another data directory") || !strings.Contains(words, "remove "+p.state) {
			t.Errorf("another data directory: status %d, %q, want 2 and the way out", status, words)
		}
	}
	p.data = first
	p.start()
	p.stop(syscall.SIGTERM)
	p.expect(today, 20, 20, 1)
	p.data = filepath.Join(p.work, "other")
	p.start()
	p.views(202, 5)
	p.stop(syscall.SIGTERM)
	p.expect(today, 5, 5, 1)
}

// TestDamagedLog: a log that is not as it was written is refused, with the way out,
// and left as it is. Seen to fail when a damaged log begins anew.
func TestDamagedLog(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.start()
	p.views(202, 20)
	p.begun(1)
	p.stop(syscall.SIGKILL)
	segment := filepath.Join(p.generation(), "segment-00000001")
	whole, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	damaged[bytes.LastIndexFunc(bytes.TrimRight(whole, "\x00"), func(rune) bool { return true })/2] ^= 0x40
	refuse := func(how string) {
		t.Helper()
		status, words := p.refused()
		if status != failed || !strings.Contains(words, "damaged") || !strings.Contains(words, "remove "+filepath.Join(p.state, "log")) {
			t.Errorf("%s: status %d, %q, want 1 and the way out", how, status, words)
		}
	}
	if err := os.WriteFile(segment, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	refuse("a changed byte")
	if after, err := os.ReadFile(segment); err != nil || !bytes.Equal(after, damaged) {
		t.Errorf("the damaged log was changed: %v", err)
	}
	if err := os.WriteFile(segment, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	current := filepath.Join(p.state, "log", "current")
	name, _ := os.Readlink(current)
	if err := os.Remove(current); err != nil {
		t.Fatal(err)
	}
	refuse("no link to the log that stands")
	if err := os.Symlink(name, current); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.stop(syscall.SIGTERM)
	p.expect(today, 20, 20, 1)
}

// TestLostStateReachesTheSeal: each loss of the state directory within a day, as by a
// reboot, is an epoch more, and the day is measured with the declared variance times
// the square of its epochs. A restart that keeps the state is none.
//
// Seen to fail when a life that begins without a log begins no epoch, and when the seal
// takes the number of epochs in place of its square.
func TestLostStateReachesTheSeal(t *testing.T) {
	for losses := range 3 {
		p := newProgram(t, "flush: 1s\n")
		p.start()
		for loss := range losses {
			p.views(202, 30)
			p.begun(loss + 1) // a life of which the store has nothing counts for nothing
			p.stop(syscall.SIGKILL)
			if err := os.RemoveAll(filepath.Join(p.state, "log")); err != nil {
				t.Fatal(err)
			}
			p.start()
		}
		p.views(202, 30)
		p.begun(losses + 1)
		p.stop(syscall.SIGKILL)
		p.now = "2026-05-02T00:10:00+09:00"
		p.start()
		p.sealed(today)
		p.stop(syscall.SIGTERM)
		epochs := int64(losses + 1)
		for _, id := range []string{"days", "devices"} {
			of := p.measured(id, today)
			if int64(of.Epochs) != epochs || len(of.Values) == 0 {
				t.Errorf("%d losses: %s is measured %d times in %d epochs, want %d", losses, id, len(of.Values), of.Epochs, epochs)
			}
			for _, m := range of.Values {
				if want := big.NewRat(495*epochs*epochs, 1); m.Measure == statistic.Visitors && m.Sigma2.Cmp(want) != 0 {
					t.Errorf("%d losses: visitors of %s have the variance %s, want %s", losses, id, m.Sigma2, want)
				}
			}
		}
	}
}

// begun waits until the store knows of so many epochs of today: a kill before that, or
// just when it is told, may cost one more.
func (p *program) begun(epochs int) {
	p.t.Helper()
	p.await("word of the epoch", func() bool {
		_, body := p.get("dashboards", "/api/v1/sites/demo/quality?from="+today+"&to="+today)
		return strings.Contains(body, fmt.Sprintf(`"epochs": %d`, epochs))
	})
}

// measured returns what the seal of a day has measured of a statistic. No life is
// under way.
func (p *program) measured(id, day string) release.Measured {
	p.t.Helper()
	of, err := hit.ParseDay(day)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := loadConfig(filepath.Join(p.work, "oboro.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	a, err := openApp(p.t.Context(), process{now: time.Now, random: rand.Reader, stderr: io.Discard}, options{Data: p.data}, c)
	if err != nil {
		p.t.Fatal(err)
	}
	defer a.close()
	days, err := a.aggregator.Measured(p.t.Context(), "demo", id, of, of)
	if err != nil || len(days) != 1 {
		p.t.Fatalf("%s is measured on %d days: %v, want 1", id, len(days), err)
	}
	return days[0]
}

// TestLogOfAnotherFormat: a log whose records are written as another version does is
// refused, with the way out, and left as it is. Seen to fail when the format is not
// compared (the records are then read as if they were this version's).
func TestLogOfAnotherFormat(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.start()
	p.views(202, 20)
	p.begun(1)
	p.stop(syscall.SIGKILL)
	this, other := fmt.Sprintf(`"format":%d`, format), fmt.Sprintf(`"format":%d`, format-1)
	p.rewrite(this, other)
	for range 2 {
		status, words := p.refused()
		if status != failed || !strings.Contains(words, "format") || !strings.Contains(words, "remove "+filepath.Join(p.state, "log")) {
			t.Errorf("a log of another format: status %d, %q, want 1 and the way out", status, words)
		}
	}
	p.rewrite(other, this)
	p.start()
	p.stop(syscall.SIGTERM)
	p.expect(today, 20, 20, 1)
}

// rewrite changes the declaration that the RAM log begins with.
func (p *program) rewrite(from, to string) {
	p.t.Helper()
	log, err := ramlog.Open(filepath.Join(p.state, "log"), rand.Reader, usualLimit)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	var records [][]byte
	if err := log.Replay(func(record []byte) error {
		records = append(records, bytes.Clone(record))
		return nil
	}); err != nil {
		p.t.Fatal(err)
	}
	changed := bytes.Replace(records[0], []byte(from), []byte(to), 1)
	if bytes.Equal(changed, records[0]) {
		p.t.Fatalf("the log does not begin with a declaration of %s", from)
	}
	records[0] = changed
	if err := log.Reset(records); err != nil {
		p.t.Fatal(err)
	}
}

// TestNewerDataIsRefused: a store that a newer version has brought forward is refused
// with a sentence, and its RAM log is left as it is. Seen to fail when what was opened
// before the error is not what is closed (the program then ends in a panic).
func TestNewerDataIsRefused(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.start()
	p.views(202, 20)
	p.begun(1)
	p.stop(syscall.SIGKILL)
	schema := func(version int) (before int) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(p.data, "oboro.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.QueryRow("pragma user_version").Scan(&before); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(fmt.Sprintf("pragma user_version = %d", version)); err != nil {
			t.Fatal(err)
		}
		return before
	}
	ours := schema(99)
	if status, words := p.refused(); status != failed || !strings.Contains(words, "newer oboro") || strings.Contains(words, "goroutine") {
		t.Errorf("a store of a newer version: status %d, %q, want 1 and why", status, words)
	}
	schema(ours)
	p.start()
	p.stop(syscall.SIGTERM)
	p.expect(today, 20, 20, 1)
}

// TestTwoProcessesOnOneState: the second one says who is in the way, and the first
// goes on. Seen to fail when the error is that of a wrong configuration.
func TestTwoProcessesOnOneState(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.start()
	first := p.data
	p.data = filepath.Join(p.work, "other")
	if status, words := p.refused(); status != busy || !strings.Contains(words, "another process of oboro uses it") {
		t.Errorf("the second process: status %d, %q, want 4 and why", status, words)
	}
	p.data = first
	p.views(202, 20)
	p.stop(syscall.SIGTERM)
	p.expect(today, 20, 20, 1)
}

// TestLimitBeyondTheFileSystem: a log that could not have its size is refused at the
// start. That a file system may be filled later is held by package ramlog.
func TestLimitBeyondTheFileSystem(t *testing.T) {
	p := newProgram(t, "state_limit: 100000GB\n")
	status, words := p.refused()
	if status != misused || !strings.Contains(words, "no room for the RAM log") || !strings.Contains(words, "smaller limit") {
		t.Errorf("a limit beyond the file system: status %d, %q, want 2 and the way out", status, words)
	}
}

// TestLimitLastsOverRestarts: without an option the log may take half of what is
// free, and each start of the same log gives it the same. Seen to fail when what the
// log has taken itself counts as taken.
func TestLimitLastsOverRestarts(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	p.state = mount(t, 24<<20)
	p.start()
	first := p.metric("oboro_collector_ramlog_limit_bytes")
	for range 3 {
		p.views(202, 5)
		p.stop(syscall.SIGTERM)
		p.start()
		if limit := p.metric("oboro_collector_ramlog_limit_bytes"); limit < first*0.95 || limit > first*1.05 {
			t.Errorf("after a restart the log may take %.0f bytes, before %.0f", limit, first)
		}
	}
	p.stop(syscall.SIGTERM)
}

// TestTinyStateSheds fills a log of 4 MB: hits are then shed, the operators see it,
// what was answered 202 is counted, and the next day takes hits again. Seen to fail
// when readiness does not look at the log.
func TestTinyStateSheds(t *testing.T) {
	p := newProgram(t, "flush: 1s\nstate_limit: 4MB\n")
	p.start()
	long := "/" + strings.Repeat("a-long-name-of-a-page/", 8)
	kept := int64(0)
	shed := false
	for n := 0; n < 40_000 && !shed; n++ {
		switch status := p.view(n%300, long+words(n)); status {
		case 202:
			kept++
		case 503:
			shed = true
		default:
			t.Fatalf("the collector answered %d", status)
		}
	}
	if !shed {
		t.Fatal("a log of 4 MB is never full")
	}
	p.views(503, 5)
	p.ready(503)
	if n := p.metric(`oboro_collector_hits_total{outcome="shed"}`); n < 6 {
		t.Errorf("the metrics count %.0f hits shed, want at least 6", n)
	}
	if used, limit := p.metric("oboro_collector_ramlog_bytes"), p.metric("oboro_collector_ramlog_limit_bytes"); used <= limit || limit < 2<<20 || used > 4<<20 {
		t.Errorf("the metrics show %.0f bytes of %.0f", used, limit)
	}
	p.setClock(13 * time.Hour)
	p.ready(200)
	p.views(202, 25)
	if row := p.sealed(today); row.Views != kept {
		t.Errorf("the day is sealed with %d views, want the %d answered 202", row.Views, kept)
	}
	p.stop(syscall.SIGTERM)
	p.expect(tomorrow, 25, 25, 1)
}

// words spells a number so that no path looks like one of a person.
func words(n int) string {
	var b strings.Builder
	for ; n > 0; n /= 10 {
		b.WriteString([]string{"nil", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}[n%10] + "-")
	}
	return b.String() + "page/"
}
