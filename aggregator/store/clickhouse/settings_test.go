package clickhouse_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"testing"

	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
)

// asked plays a server of a release and revision up to the first statement, and sends what it
// was asked. It answers nothing after that.
func asked(t *testing.T, major, minor, revision uint64) (address string, statement <-chan []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	said := make(chan []byte, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buffer := make([]byte, 64<<10)
		if _, err := conn.Read(buffer); err != nil { // who asks
			return
		}
		text := func(to []byte, s string) []byte { return append(binary.AppendUvarint(to, uint64(len(s))), s...) }
		hello := text([]byte{0}, "ClickHouse")
		for _, n := range []uint64{major, minor, revision} {
			hello = binary.AppendUvarint(hello, n)
		}
		hello = binary.AppendUvarint(text(text(hello, "UTC"), "played"), 1) // zone, name, patch
		if _, err := conn.Write(hello); err != nil {
			return
		}
		var all []byte
		for !bytes.Contains(all, []byte("insert into")) {
			n, err := conn.Read(buffer)
			if err != nil {
				break
			}
			all = append(all, buffer[:n]...)
		}
		said <- all
	}()
	return l.Addr().String(), said
}

// TestSettingsOfReleases: an insert sets what the server knows, and nothing else. Seen to fail
// with the gate of the release turned, without async_insert, and without
// the token.
func TestSettingsOfReleases(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		major, minor, revision uint64
		quorum                 int
		want, not              []string
	}{
		{"Debian's", 18, 16, 54412, 0, []string{"log_queries"}, []string{"async_insert", "token", "quorum"}},
		{"Debian's, with a quorum", 18, 16, 54412, 2, []string{"insert_quorum", "insert_quorum_timeout"}, []string{"async_insert", "token"}},
		{"one with texts as settings that knows no token", 21, 8, 54449, 0, []string{"log_queries"}, []string{"async_insert", "token"}},
		{"one of the first of 22", 22, 2, 54455, 0, []string{"log_queries"}, []string{"async_insert", "token"}},
		{"the first that knows all", 22, 3, 54455, 0, []string{"async_insert\x01\x010", "insert_deduplication_token\x01\x06aaaa-0"}, []string{"insert_quorum"}},
		{"a current one", 26, 5, 54455, 3, []string{"async_insert\x01\x010", "insert_deduplication_token", "insert_quorum\x01\x013"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address, statement := asked(t, tt.major, tt.minor, tt.revision)
			s, err := clickhouse.Unopened(t.Context(), "clickhouse://default@"+address+"/oboro")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.InsertNamed(t.Context(), tt.quorum, "aaaa-0"); err == nil {
				t.Error("the insert into a server that does not answer = nil, want an error")
			}
			said := string(<-statement)
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("the server is not told %q, but %q", want, said)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(said, not) {
					t.Errorf("the server is told %q, which it does not know", not)
				}
			}
		})
	}
}

// TestTokensOfBlocks: the blocks of a batch that hold rows of one site have names of their own, and
// a batch has the same ones when it is sent again. Seen to fail when a token told the batch alone.
func TestTokensOfBlocks(t *testing.T) {
	part := make([]store.Cell, 2*clickhouse.MostRows+10)
	for i := range part {
		part[i].Site = "big"
		if i < 5 {
			part[i].Site = "a"
		}
	}
	var got []string
	from := 0
	for _, block := range clickhouse.Blocks(part) {
		got = append(got, clickhouse.TokenOf(numbered(1, "pages"), part, from))
		from += len(block)
	}
	if len(got) != 3 || !strings.HasSuffix(got[0], "-0") || !strings.HasSuffix(got[1], "-499995") || !strings.HasSuffix(got[2], "-999995") {
		t.Errorf("the blocks of a batch are named %v, want three names that tell at which row of its site each begins", got)
	}
	if other := clickhouse.TokenOf(numbered(2, "pages"), part, 0); other == got[0] || len(got) > 0 && other[:32] == got[0][:32] {
		t.Errorf("blocks of two batches are named %s and %s", got[0], other)
	}
}
