package clickhouse_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestParseDSN. Seen to fail when a password in the text was taken.
func TestParseDSN(t *testing.T) {
	for _, tt := range []struct{ name, dsn, want string }{
		{"another scheme", "http://127.0.0.1/oboro", "clickhouse://"},
		{"no host", "clickhouse:///oboro", "clickhouse://"},
		{"a password in the text", "clickhouse://oboro:secret@one/oboro", "password_file"},
		{"several hosts of no cluster", "clickhouse://one,two/oboro", "no cluster"},
		{"a database that is no name", "clickhouse://one/o'boro", "database"},
		{"a cluster that is no name", "clickhouse://one/oboro?cluster=a-b", "cluster"},
		{"an option that nobody knows", "clickhouse://one/oboro?compress=lz4", `"compress"`},
		{"certificates without encryption", "clickhouse://one/oboro?ca_file=/ca.pem", "secure=true"},
		{"a quorum of no cluster", "clickhouse://one/oboro?quorum=2", "no cluster"},
		{"a quorum of one", "clickhouse://one/oboro?cluster=c1&quorum=1", "from 2 on"},
		{"a quorum that is no number", "clickhouse://one/oboro?cluster=c1&quorum=all", "from 2 on"},
		{"a password file that is not there", "clickhouse://one/oboro?password_file=/nowhere/password", "/nowhere/password"},
		{"a password file that begins nowhere", "clickhouse://one/oboro?password_file=password", "from the root"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := clickhouse.ParseDSN(tt.dsn); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("ParseDSN = %v, want an error that says %q and no password", err, tt.want)
			}
		})
	}
	for _, dsn := range []string{"clickhouse://one", "clickhouse://oboro@one:9440/oboro?secure=true", "clickhouse://[::1]:9000/oboro", "clickhouse://one,two:9001/o2?cluster=c1&quorum=2"} {
		if _, err := clickhouse.ParseDSN(dsn); err != nil {
			t.Errorf("ParseDSN(%s) = %v, want nil", dsn, err)
		}
	}
}

// TestOpenRefuses: what cannot be a store is refused, and the error says what to do.
func TestOpenRefuses(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	newer := database(dir)
	open(t, single(dir)).Close()
	ask(t, server, "insert into "+newer+".migrations (version) values (99)")
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := "clickhouse://%@" + server.Address() + "/"
	for _, tt := range []struct{ name, user, rest, want string }{
		{"a store of a newer version", "default", newer, "newer oboro (schema 99"},
		{"a wrong password", "secret", "oboro?password_file=" + wrong, "password"},
		{"a user that does not exist", "nobody", "oboro", "password"},
		{"a user that may only read", "reader", "fresh", "only read"},
		{"a cluster that the server does not know", "default", "fresh?cluster=elsewhere", "no cluster of that name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := clickhouse.Open(t.Context(), strings.Replace(at, "%", tt.user, 1)+tt.rest)
			if err == nil {
				s.Close()
				t.Fatal("Open = nil, want an error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %q, want it to say %q", err, tt.want)
			}
		})
	}
	right := filepath.Join(dir, "right")
	if err := os.WriteFile(right, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, strings.Replace(at, "%", "secret", 1)+database(dir+"2")+"?password_file="+right)
	if _, err := clickhouse.Open(t.Context(), "clickhouse://127.0.0.1:1/oboro"); err == nil || !strings.Contains(err.Error(), "no server of the store answers") {
		t.Errorf("Open of a port where nobody listens = %v, want an error that says so", err)
	}
}

// TestHalfAMigrationIsFinished: one that was cut short after any of its statements is done
// again, an older store is brought forward, and what they held stays. Seen to fail when an older
// version was taken for the own, and when a statement was left out.
func TestHalfAMigrationIsFinished(t *testing.T) {
	needServer(t)
	texts := clickhouse.Migrations("single")
	for made := range len(texts) + 1 {
		for _, noted := range []int{0, made} { // cut short, and complete as an older program knew it
			if noted > 0 && noted != len(texts)-1 {
				continue
			}
			name := fmt.Sprintf("half_%d_%d", made, noted)
			ask(t, server, "create database "+name)
			for _, text := range texts[:made] {
				ask(t, server, strings.ReplaceAll(text, " oboro.", " "+name+"."))
			}
			if made > 0 {
				ask(t, server, "insert into "+name+".open_cells (site, statistic, period, key1, views) values ('alpha', 'pages', 20773, '/before', 7)")
			}
			if noted > 0 {
				ask(t, server, fmt.Sprintf("insert into %s.migrations (version) values (%d)", name, noted))
			}
			s := open(t, "clickhouse://default@"+server.Address()+"/"+name)
			if n, err := s.BeginEpoch(t.Context(), monday); err != nil || n != 1 {
				t.Errorf("after %d statements, %d noted: BeginEpoch = %d, %v, want 1", made, noted, n, err)
			}
			if err := s.Mark(t.Context(), "one", monday); err != nil {
				t.Errorf("after %d statements, %d noted: %v", made, noted, err)
			}
			var views int64
			for c, err := range s.Open(t.Context(), store.Table{Statistic: "pages", Site: "alpha", Period: monday}) {
				if err != nil {
					t.Fatal(err)
				}
				views += c.Counts[statistic.Views]
			}
			if made > 0 && views != 7 {
				t.Errorf("after %d statements, %d noted: %d views are left, want 7", made, noted, views)
			}
			if got := ask(t, server, "select max(version) from "+name+".migrations"); got != strconv.Itoa(len(texts)) {
				t.Errorf("after %d statements, %d noted: the version is %s, want %d", made, noted, got, len(texts))
			}
			ask(t, server, "drop database "+name)
		}
	}
}

// TestAddressesAreRefused holds the promise that no column takes an address: the server itself
// refuses one. Seen to fail without the column no_address.
func TestAddressesAreRefused(t *testing.T) {
	needServer(t)
	s := open(t, single(t.TempDir()))
	for i, key := range []string{"192.0.2.7", "2001:db8::1", "::1", "2001:db8:1:2:3:4:5:6", "::ffff:192.0.2.7"} {
		for place := range 3 {
			keys := []string{"a", "b", "c"}
			keys[place] = key
			c := store.Cell{Site: "alpha", Keys: keys}
			c.Counts[statistic.Views] = 1
			err := s.Add(t.Context(), numbered(i, "pages"), store.Batch{Statistic: "pages", Period: monday, Cells: []store.Cell{c}})
			if !errors.Is(err, store.ErrAddress) {
				t.Errorf("Add(key %q at %d) = %v, want %v", key, place, err, store.ErrAddress)
			}
		}
	}
	ok := store.Batch{Statistic: "pages", Period: monday}
	for _, key := range []string{"10:30", "v1.2.3", "1.2.3.4.5", "/192.0.2.7", "go.jp", "a:b:c", "12:30:00", "(none)"} {
		c := store.Cell{Site: "alpha", Keys: []string{key}}
		c.Counts[statistic.Views] = 1
		ok.Cells = append(ok.Cells, c)
	}
	add(t, s, 9, ok)
}

// TestErrorsQuoteNoLabel. Seen to fail when classified wrapped what it did not know.
func TestErrorsQuoteNoLabel(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	s := open(t, single(dir))
	ask(t, server, "drop table "+database(dir)+".seals")
	ask(t, server, "create table "+database(dir)+".seals (site UInt8, period Int32, statistics Array(String)) engine = Log")
	for name, err := range map[string]error{
		"a statement that quotes": s.Add(t.Context(), numbered(1, "pages"), canaries(canary, 1)),
		"an error of the system":  clickhouse.Classified(t.Context(), "read", errors.New(canary)),
	} {
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error is %v, want one that quotes nothing", name, err)
		}
	}
}

// TestOwnerKeepsTheNumberOfShards: over another number, sites would be looked for where they are not.
func TestOwnerKeepsTheNumberOfShards(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	s := open(t, single(dir))
	ask(t, server, "insert into "+database(dir)+".owner (ledger, shards) values ('aa', 2)")
	if err := s.Claim(t.Context(), "aa"); err == nil || !strings.Contains(err.Error(), "2 shards") {
		t.Errorf("Claim of a store of two shards = %v, want an error that says so", err)
	}
}

// TestEpochWithoutAnswerIsOne: an epoch whose answer does not come is begun again, and is one; the
// next one is another. Seen to fail when each try has a name of its own, and when a name is taken twice.
func TestEpochWithoutAnswerIsOne(t *testing.T) {
	needServer(t)
	s := open(t, single(t.TempDir()))
	if err := s.BeginUnanswered(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 2} {
		if got, err := s.BeginEpoch(t.Context(), monday); got != want || err != nil {
			t.Errorf("BeginEpoch = %d, %v, want %d", got, err, want)
		}
	}
}

// TestLateBatchesAreSweptAway: what reached a table while it was being sealed counts nowhere,
// and goes at the next start. Seen to fail without the sweep, and when a sealed table was read.
func TestLateBatchesAreSweptAway(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	s := open(t, single(dir))
	if err := s.WriteSeal(t.Context(), sealOf("alpha", "/kept")); err != nil {
		t.Fatal(err)
	}
	ask(t, server, "insert into "+database(dir)+".open_cells (site, statistic, period, key1, views) values ('alpha', 'pages', 20773, '/late', 1), ('beta', 'pages', 20773, '/open', 1)")
	for range s.Open(t.Context(), store.Table{Statistic: "pages", Site: "alpha", Period: monday}) {
		t.Error("a sealed table has an open cell")
	}
	if err := s.Claim(t.Context(), "aa"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, server, "select groupArray(key1) from "+database(dir)+".open_cells"); got != "['/open']" {
		t.Errorf("after the start the open cells are %s, want that of the table that is not sealed", got)
	}
}
