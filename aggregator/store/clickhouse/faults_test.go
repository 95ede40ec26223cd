package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/clickhouse/clicktest"
)

// before stands before the shared server.
func before(t *testing.T) *clicktest.Proxy {
	t.Helper()
	p, err := clicktest.NewProxy(server.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// wantFault tries a batch, which must fail with an error that says what to do and quotes nothing.
func wantFault(t *testing.T, s *clickhouse.Store, n int, want string) {
	t.Helper()
	err := s.Add(t.Context(), numbered(n, "pages"), identical("pages"))
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "/page/") {
		t.Errorf("Add = %v, want an error that says %q and quotes no label", err, want)
	}
}

// TestLostAnswerCountsOnce: a batch that the server has, and whose answer comes too late, is sent
// again and counts once. Seen to fail when each try had a nonce of its own.
func TestLostAnswerCountsOnce(t *testing.T) {
	needServer(t)
	p, name := before(t), database(t.TempDir())
	s := open(t, fmt.Sprintf("clickhouse://default@127.0.0.1:%d/%s", p.Port(), name))
	add(t, s, 0, identical("pages"))
	late := p.MuteAfter("insert into open_cells")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // patience ends when the server has answered, and nobody heard it
		select {
		case <-late:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.Add(ctx, numbered(1, "pages"), identical("pages")); !errors.Is(err, context.Canceled) {
		t.Errorf("Add whose answer is late = %v, want %v", err, context.Canceled)
	}
	if got := ask(t, server, "select uniqExact(nonce) from "+name+".open_cells"); got != "2" {
		t.Fatalf("the server has %s batches, want 2: this test tests nothing", got)
	}
	p.Cut()
	again := identical("pages")
	again.Again = true
	add(t, s, 1, again)
	wantTotals(t, s, map[string]int64{"pages": 2})
}

// TestFullDisk: while the disk of the server is full nothing is taken, and the error says so; what
// is there can be read. Once there is room, what waited counts once. Needs root, to mount one.
func TestFullDisk(t *testing.T) {
	needServer(t)
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: a disk that can be filled is mounted by root alone")
	}
	n, err := clicktest.Alone(t.TempDir(), shipped)
	if err != nil {
		t.Fatal(err)
	}
	n.DiskSize = 64 << 20
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	s := open(t, "clickhouse://default@"+n.Address()+"/oboro")
	add(t, s, 0, identical("pages"))
	filler := n.Inside(filepath.Join(n.Dir, "data", "filler"))
	fill(t, filler)
	for range 3 {
		wantFault(t, s, 1, "a disk of a server is full")
	}
	wantTotals(t, s, map[string]int64{"pages": 1})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		add(t, s, 1, identical("pages"))
	}
	wantTotals(t, s, map[string]int64{"pages": 2})
}

// fill writes a file until its disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

// names plays the server of names that this program asks, until the end of the test. It knows
// none while gone is true, and else has the address of loopback for each.
func names(t *testing.T) (gone *atomic.Bool) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone = new(atomic.Bool)
	go func() {
		for buffer := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer := resolved(buffer[:n], gone.Load()); answer != nil {
				_, _ = conn.WriteTo(answer, from) // who gets none asks again
			}
		}
	}()
	usual := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = usual
		conn.Close()
	})
	return gone
}

// resolved answers one question of the protocol of names.
func resolved(question []byte, gone bool) []byte {
	end := 12 // after the head
	for end < len(question) && question[end] != 0 {
		end += 1 + int(question[end])
	}
	if end += 5; end > len(question) {
		return nil
	}
	kind := question[end-3]
	answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
	switch {
	case gone:
		answer[3] |= 3 // there is no such name
	case kind == 1: // an address of version 4
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return answer
}

// TestNamesThatAreGone: a host whose name cannot be resolved is left for the next one; where it is
// the only one the error says so, and what waited counts once when the name is back. Seen to fail
// when one host was asked alone, and when the error told no cause.
func TestNamesThatAreGone(t *testing.T) {
	needServer(t)
	gone := names(t)
	gone.Store(true)
	p, name := before(t), database(t.TempDir())
	dsn := fmt.Sprintf("clickhouse://default@store.oboro.test:%d/%s", p.Port(), name)
	if _, err := clickhouse.Open(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "cannot be resolved") {
		t.Errorf("Open of a name that is gone = %v, want an error that says so", err)
	}
	two := "clickhouse://default@store.oboro.test," + server.Address() + "/oboro?cluster=elsewhere"
	if _, err := clickhouse.Open(t.Context(), two); err == nil || !strings.Contains(err.Error(), "no cluster of that name") {
		t.Errorf("Open of a name that is gone and a server = %v, want what the server says", err)
	}
	gone.Store(false)
	s := open(t, dsn)
	add(t, s, 0, identical("pages"))
	gone.Store(true)
	p.Cut()
	wantFault(t, s, 1, "cannot be resolved")
	gone.Store(false)
	for range 2 {
		add(t, s, 1, identical("pages"))
	}
	wantTotals(t, s, map[string]int64{"pages": 2})
}

// TestRightsTakenAway: a user whose rights go while it writes is told which, and what waited
// counts once when they are back. Seen to fail when a right that lacks was called a dead server.
func TestRightsTakenAway(t *testing.T) {
	needServer(t)
	p, name := before(t), database(t.TempDir())
	user := func(password, profile, of string) string {
		return fmt.Sprintf(`<yandex><users><changing><password>%s</password><networks><ip>127.0.0.1</ip></networks>
			<profile>%s</profile><quota>default</quota><allow_databases><database>%s</database></allow_databases></changing></users></yandex>`, password, profile, of)
	}
	right := user("right", "default", name)
	giveRights(t, server, "changing.xml", right)
	s := open(t, fmt.Sprintf("clickhouse://changing@127.0.0.1:%d/%s?password_file=%s", p.Port(), name, written(t, "password", []byte("right"))))
	for i, tt := range []struct{ name, users, want string }{
		{"it may only read", user("right", "reader", name), "only read"},
		{"another database is its own", user("right", "default", "another"), "rights"},
		{"its password is another", user("other", "default", name), "password"},
		{"nobody knows it", "<yandex></yandex>", "password"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			giveRights(t, server, "changing.xml", tt.users)
			p.Cut() // a connection keeps the rights that it began with
			wantFault(t, s, i, tt.want)
			giveRights(t, server, "changing.xml", right)
			p.Cut()
			for range 2 {
				add(t, s, i, identical("pages"))
			}
			wantTotals(t, s, map[string]int64{"pages": int64(i + 1)})
		})
	}
}

// TestFaultsKeepNothing: what a store could not write it does not keep: batches wait in the RAM log
// alone. Seen to fail when each try kept its cells.
func TestFaultsKeepNothing(t *testing.T) {
	needServer(t)
	name := database(t.TempDir())
	s := open(t, "clickhouse://default@"+server.Address()+"/"+name)
	ask(t, server, "drop table "+name+".open_cells")
	batch := store.Batch{Statistic: "pages", Period: monday}
	for i := range 10_000 {
		c := store.Cell{Site: "alpha", Keys: []string{fmt.Sprint("/some/page/of/the/site/", i)}}
		c.Counts[0] = 1
		batch.Cells = append(batch.Cells, c)
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	try := func(n int) {
		if err := s.Add(t.Context(), numbered(n, "pages"), batch); err == nil {
			t.Fatal("Add without a table = nil, want an error")
		}
	}
	try(0)
	first := held()
	for n := range 10 {
		try(n)
	}
	if now := held(); now > first+1<<20 {
		t.Errorf("after 10 batches of 10,000 cells that were not written %d bytes more are held, want less than 1 MiB", now-first)
	}
	runtime.KeepAlive(batch)
}

// TestClocksMayDiffer: whether the servers still know a block is told by their clock alone, and how
// long it waits by ours. Seen to fail when the oldest block was compared with our time.
func TestClocksMayDiffer(t *testing.T) {
	ours := uint32(time.Now().Unix())
	for _, skew := range []int32{0, -86400, 86400, -300, 300} {
		now := ours + uint32(skew)
		for _, tt := range []struct {
			name           string
			oldest, newest uint32
			ago            time.Duration
			want           bool
		}{
			{"blocks of three days, sent an hour ago", now - 3*86400, now, time.Hour, true},
			{"blocks of an hour, sent two hours ago", now - 3600, now, 2 * time.Hour, false},
			{"blocks of an hour, sent an hour ago", now - 3600, now, time.Hour, false},
			{"blocks of three days until yesterday, sent a day ago", now - 4*86400, now - 86400, 24 * time.Hour, true},
			{"no block", 0, 0, 0, false},
		} {
			if got := clickhouse.Reaches(tt.oldest, tt.newest, tt.ago); got != tt.want {
				t.Errorf("%s, clocks %d s apart: reaches = %v, want %v", tt.name, skew, got, tt.want)
			}
		}
	}
}
