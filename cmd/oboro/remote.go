package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// Bounds on what a web server may make us read. Files of a published folder have
// some kilobytes; all are held in memory together.
const (
	largestFile = 64 << 20
	largestSum  = 1 << 30
)

// isURL reports whether a place is an address of the web.
func isURL(place string) bool {
	scheme, _, ok := strings.Cut(place, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// A remote is a folder behind a web server: files can be read by their names, and
// nothing can be listed. It is used by one goroutine.
type remote struct {
	ctx    context.Context // of the one command that reads
	client *http.Client
	base   *url.URL // ends with a slash
	rest   int64    // bytes that may still be read
	failed error    // the first time that the server gave no answer of use
}

// openRemote returns the folder at the address. Nothing is read yet.
func openRemote(ctx context.Context, address string) (*remote, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%q is not an address like https://www.example.lg.jp/stats/", address)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the address of a published folder has no password, no query and no fragment")
	}
	base.RawPath = ""
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	return &remote{ctx: ctx, client: newClient(), base: base, rest: largestSum}, nil
}

// newClient returns a client that goes to one host and no further. Whoever has it closes
// its idle connections.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			// No proxy of the environment: what is read is what the address answers.
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second,
			DisableCompression:    true, // bounds are on the bytes that are sent
			ForceAttemptHTTP2:     true,
		},
		Timeout:       2 * time.Minute,
		CheckRedirect: sameHost,
	}
}

// What a server may answer that makes a folder not whole.
var (
	errElsewhere = errors.New("the server sends on to another host")
	errAround    = errors.New("the server sends on and on")
	errLarge     = fmt.Errorf("is larger than %d MiB, or all files are larger than %d MiB", largestFile>>20, largestSum>>20)
)

// sameHost follows redirects within the host that was named, as web servers make
// them for index pages, and from http to https.
func sameHost(next *http.Request, before []*http.Request) error {
	from, to := before[0].URL, next.URL
	secured := from.Scheme == "http" && to.Scheme == "https" && from.Host == to.Host && from.Port() == ""
	switch {
	case !secured && (to.Scheme != from.Scheme || to.Host != from.Host):
		return errElsewhere
	case len(before) > 5:
		return errAround
	}
	return nil
}

// Open fetches the file. See [fs.FS].
func (r *remote) Open(name string) (fs.File, error) {
	content, err := r.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &remoteFile{*bytes.NewReader(content), path.Base(name)}, nil
}

// ReadFile fetches the file. See [fs.ReadFileFS].
func (r *remote) ReadFile(name string) ([]byte, error) {
	content, err := []byte(nil), fs.ErrInvalid
	if fs.ValidPath(name) && name != "." {
		content, err = r.fetch(name)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return content, nil
}

func (r *remote) fetch(name string) ([]byte, error) {
	if r.failed != nil {
		return nil, r.failed // to wait for one is enough
	}
	at := *r.base
	at.Path += name
	request, err := http.NewRequestWithContext(r.ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.Do(request)
	switch {
	case errors.Is(err, errElsewhere):
		return nil, errElsewhere
	case errors.Is(err, errAround):
		return nil, errAround
	case err != nil:
		return nil, r.fails(name, err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return r.body(name, answer.Body)
	case http.StatusNotFound, http.StatusGone:
		return nil, fs.ErrNotExist
	}
	return nil, r.fails(name, fmt.Errorf("the server answered %d", answer.StatusCode))
}

// fails notes why the server gave no answer of use.
func (r *remote) fails(name string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	r.failed = fmt.Errorf("fetch %s: %w", name, err)
	return r.failed
}

func (r *remote) body(name string, body io.Reader) ([]byte, error) {
	bound := min(largestFile, r.rest)
	content, err := io.ReadAll(io.LimitReader(body, bound+1))
	if err != nil {
		return nil, r.fails(name, err)
	}
	if int64(len(content)) > bound {
		return nil, errLarge
	}
	r.rest -= int64(len(content))
	return content, nil
}

// A remoteFile is a file that was fetched. It is its own description.
type remoteFile struct {
	bytes.Reader
	name string
}

func (f *remoteFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *remoteFile) Close() error               { return nil }
func (f *remoteFile) Name() string               { return f.name }
func (f *remoteFile) Mode() fs.FileMode          { return 0o444 }
func (f *remoteFile) ModTime() time.Time         { return time.Time{} }
func (f *remoteFile) IsDir() bool                { return false }
func (f *remoteFile) Sys() any                   { return nil }
