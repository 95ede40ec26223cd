package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// A DSN says where a store is.
type DSN struct {
	hosts    []string // host:port
	database string
	cluster  string // "" is a single server
	user     string
	password string
	tls      *tls.Config
	quorum   int // replicas that must have a block before it is acknowledged; 0 is one
}

// identifier is what the names of databases and clusters may be: they stand in statements.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

// ParseDSN reads a text such as
//
//	clickhouse://oboro@one:9000,two:9000/oboro?cluster=oboro&password_file=/etc/oboro/clickhouse
//
// Without cluster the store is one server, and one host may stand there; with it the hosts
// are those that are asked for the cluster's others, one after another. secure=true
// speaks TLS, with the certificates of ca_file where it is set. quorum=2 has two replicas take
// each block before it counts as taken; where fewer are up, what waits goes on waiting. A
// password never stands in the text itself, only the name of a file with it.
func ParseDSN(text string) (DSN, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "clickhouse" || u.Host == "" {
		return DSN{}, refusal("the store is not named as in clickhouse://oboro@host:9000/oboro")
	}
	d := DSN{database: strings.TrimPrefix(u.Path, "/"), user: u.User.Username()}
	if _, given := u.User.Password(); given {
		return DSN{}, refusal("a password stands in the name of the store: put it in a file, and name that as password_file")
	}
	if d.database == "" {
		d.database = "oboro"
	}
	if err := d.setHosts(u.Host); err != nil {
		return DSN{}, err
	}
	if err := d.setOptions(u.Query()); err != nil {
		return DSN{}, err
	}
	if d.cluster == "" && len(d.hosts) > 1 {
		return DSN{}, refusal("several hosts are named, and no cluster: add ?cluster= and its name")
	}
	if d.cluster == "" && d.quorum > 0 {
		return DSN{}, refusal("quorum is set, and no cluster: a server on its own has no replica")
	}
	return d, nil
}

func (d *DSN) setHosts(list string) error {
	for host := range strings.SplitSeq(list, ",") {
		if host == "" {
			return refusal("a host of the store is empty")
		}
		if !regexp.MustCompile(`:\d+$`).MatchString(host) {
			host += ":9000"
		}
		d.hosts = append(d.hosts, host)
	}
	if !identifier.MatchString(d.database) {
		return refusal("the database of the store is not a name of small letters, digits and _")
	}
	return nil
}

func (d *DSN) setOptions(options url.Values) error {
	var caFile string
	secure := false
	for name, values := range options {
		value := values[len(values)-1]
		switch name {
		case "cluster":
			d.cluster = value
		case "secure":
			secure = value == "true"
		case "ca_file":
			caFile = value
		case "quorum":
			n, err := strconv.Atoi(value)
			if err != nil || n < 2 {
				return refusal("quorum is no number of replicas from 2 on")
			}
			d.quorum = n
		case "password_file":
			if !filepath.IsAbs(value) {
				return refusal("password_file is not named from the root, as in /etc/oboro/clickhouse")
			}
			content, err := os.ReadFile(value)
			if err != nil {
				return fmt.Errorf("read the password of the store: %w", err)
			}
			d.password = strings.TrimRight(string(content), "\r\n")
		default:
			return refusal(fmt.Sprintf("the name of the store has the option %q; cluster, secure, ca_file, quorum and password_file are known", name))
		}
	}
	if d.cluster != "" && !identifier.MatchString(d.cluster) {
		return refusal("the cluster of the store is not a name of small letters, digits and _")
	}
	return d.setTLS(secure, caFile)
}

func (d *DSN) setTLS(secure bool, caFile string) error {
	if !secure {
		if caFile != "" {
			return refusal("ca_file is set, and secure=true is not: nothing would be encrypted")
		}
		return nil
	}
	d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return nil
	}
	content, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("read the certificates of the store: %w", err)
	}
	d.tls.RootCAs = x509.NewCertPool()
	if !d.tls.RootCAs.AppendCertsFromPEM(content) {
		return refusal("ca_file holds no certificate in PEM")
	}
	return nil
}

// The bounds of one connection. A server that does not answer within reading is left for
// the next replica.
const (
	dialing = 10 * time.Second
	reading = 30 * time.Second
)

// dial connects to a server. It ends with the call that needs the connection, which the
// driver's own way does not.
func (d *DSN) dial(ctx context.Context, address string) (net.Conn, error) {
	var dialer net.Dialer
	if d.tls == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	return (&tls.Dialer{NetDialer: &dialer, Config: d.tls}).DialContext(ctx, "tcp", address)
}

// open returns a pool of connections to one host. None is opened yet.
func (d *DSN) open(address, database string) (driver.Conn, error) {
	return clickhouse.Open(&clickhouse.Options{
		Addr: []string{address}, DialContext: d.dial,
		Auth:        clickhouse.Auth{Database: database, Username: d.user, Password: d.password},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
		Settings:    clickhouse.Settings{"log_queries": 0}, // sites stand in them
		DialTimeout: dialing, ReadTimeout: reading, MaxOpenConns: 8, MaxIdleConns: 8,
		Logger: slog.New(slog.DiscardHandler), // its words may quote a label
	})
}
