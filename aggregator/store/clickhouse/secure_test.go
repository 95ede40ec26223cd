package clickhouse_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/clickhouse/clicktest"
)

// written writes a file that a DSN names, and returns its path.
func written(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// showing stands before the shared server with a certificate, and returns its port.
func showing(t *testing.T, a *clicktest.Authority, name string, until time.Time) int {
	t.Helper()
	certificate, err := a.Issue(name, until)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).HandshakeContext(t.Context()) // nobody should say more
			conn.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// TestSecure: with TLS the store is the same, and a server that cannot show who it is gets
// neither password nor cells; the error says what to do, and quotes no certificate. Seen to
// fail when certificates were not verified, and when those of the computer were taken in
// place of ca_file's.
func TestSecure(t *testing.T) {
	needServer(t)
	stranger, err := clicktest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	ca, other := written(t, "ca.pem", server.Authority.PEM()), written(t, "other.pem", stranger.PEM())
	name := database(t.TempDir())
	at := func(port int, options string) string {
		return fmt.Sprintf("clickhouse://default@127.0.0.1:%d/%s?%s", port, name, options)
	}
	s := open(t, at(server.Secure, "secure=true&ca_file="+ca))
	add(t, s, 1, identical("pages"))
	wantTotals(t, s, map[string]int64{"pages": 1})

	hour := time.Now().Add(time.Hour)
	for _, tt := range []struct{ name, dsn, want string }{
		{"an authority that nobody knows", at(server.Secure, "secure=true"), "ca_file"},
		{"another authority", at(server.Secure, "secure=true&ca_file="+other), "ca_file"},
		{"another name", at(showing(t, server.Authority, "elsewhere.test", hour), "secure=true&ca_file="+ca), "another name"},
		{"a certificate of yesterday", at(showing(t, server.Authority, "127.0.0.1", time.Now().Add(-time.Minute)), "secure=true&ca_file="+ca), "expired"},
		{"a certificate of tomorrow", at(showing(t, server.Authority, "127.0.0.1", hour.Add(48*time.Hour)), "secure=true&ca_file="+ca), "not valid yet"},
		{"a port without TLS", at(server.TCP, "secure=true&ca_file="+ca), "speaks no TLS"},
		{"a port for TLS, spoken to without", at(server.Secure, ""), "secure=true"},
		{"a file without a certificate", at(server.Secure, "secure=true&ca_file="+written(t, "empty.pem", nil)), "no certificate in PEM"},
		{"a file that is not there", at(server.Secure, "secure=true&ca_file=/nowhere/ca.pem"), "/nowhere/ca.pem"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refused, err := clickhouse.Open(t.Context(), tt.dsn)
			if err == nil {
				refused.Close()
				t.Fatal("Open = nil, want an error")
			}
			if text := err.Error(); !strings.Contains(text, tt.want) || strings.Contains(text, "tests' own") || strings.Contains(text, "elsewhere") {
				t.Errorf("Open = %q, want it to say %q and quote no certificate", text, tt.want)
			}
		})
	}
	wantTotals(t, s, map[string]int64{"pages": 1}) // of the one that was let in
}

// TestPasswordFileOfAnother: a password file that may not be read is named, and its content is
// in no error. Root reads every file, so the thread takes another's rights for the moment.
func TestPasswordFileOfAnother(t *testing.T) {
	path := written(t, "password", []byte("correct horse"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if os.Getuid() == 0 {
		_ = syscall.Setfsuid(65534) // what it returns is no error but who it was
		defer func() { _ = syscall.Setfsuid(0) }()
	}
	_, err := clickhouse.ParseDSN("clickhouse://oboro@one/oboro?password_file=" + path)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("ParseDSN = %v, want an error that names %s and says that it may not be read", err, path)
	}
}
