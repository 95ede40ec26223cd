package main

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"oboro/collector"
)

// Bounds on what lists of pages may make us read: the files of one site, how deep one
// names another, the bytes of all, unpacked, and the pages. A file is bound by largestFile.
const (
	mostPageFiles = 1000
	deepestIndex  = 3
	mostPageBytes = 512 << 20
	mostPages     = 1_000_000
)

// A pageReader reads declared pages: lists with a path or an address on each line, and
// sitemaps, also packed with gzip, and also indexes of sitemaps. It is used for one site
// and by one goroutine.
type pageReader struct {
	hosts []string
	rules *collector.Rules
	read  func(place string) ([]byte, error)       // at most largestFile bytes and one
	named func(index, name string) (string, error) // the place that an index names

	pages, patterns map[string]bool
	left            []leftOut
	files, bytes    int
	wrong           int
	said            []error
}

func newPageReader(hosts []string, rules *collector.Rules) *pageReader {
	return &pageReader{
		hosts: hosts, rules: rules, read: readFile, named: besideFile,
		pages: map[string]bool{}, patterns: map[string]bool{},
	}
}

// readFile reads a file on this machine. Its error does not name it.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, largestFile+1)); err == nil {
			return text, nil
		}
	}
	if wrapped, ok := errors.AsType[*os.PathError](err); ok {
		err = wrapped.Err
	}
	return nil, err
}

// besideFile returns the file that an index on this machine names: a path from its folder,
// or, of an address, the last part of it, in the same folder.
func besideFile(index, name string) (string, error) {
	local := name
	if isURL(name) {
		address, err := url.Parse(name)
		if err != nil {
			return "", errors.New("is no address")
		}
		local = path.Base(address.Path)
	}
	if !filepath.IsLocal(local) {
		return "", errors.New("is not in the folder of the index")
	}
	local = filepath.Join(filepath.Dir(index), local)
	if _, err := os.Stat(local); err != nil {
		return "", fmt.Errorf("is not at %s: put it there, or have the index read from its address by oboro pages", local)
	}
	return local, nil
}

// place reads the list or sitemap at a place.
func (r *pageReader) place(place string) error {
	r.left = append(r.left, leftOut{place: place})
	if err := r.below(place, 1); err != nil {
		return err
	}
	if l := r.left[len(r.left)-1]; l.elsewhere+l.none == 0 {
		r.left = r.left[:len(r.left)-1]
	}
	return nil
}

// below is place of what is so deep below the first place.
func (r *pageReader) below(place string, depth int) error {
	if r.files++; r.files > mostPageFiles {
		return fmt.Errorf("%s: more than %d files", place, mostPageFiles)
	}
	text, err := r.read(place)
	if err == nil {
		text, err = gunzipped(text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	if r.bytes += len(text); r.bytes > mostPageBytes {
		return fmt.Errorf("%s: all files together are larger than %d MiB", place, mostPageBytes>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '<' {
		return r.lines(place, string(text))
	}
	return r.sitemap(place, text, depth)
}

// gunzipped undoes gzip where the text is packed with it.
func gunzipped(text []byte) ([]byte, error) {
	if len(text) > largestFile {
		return nil, fmt.Errorf("is larger than %d MiB", largestFile>>20)
	}
	if !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text, nil
	}
	packed, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	text, err = io.ReadAll(io.LimitReader(packed, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if len(text) > largestFile {
		return nil, fmt.Errorf("is larger than %d MiB unpacked", largestFile>>20)
	}
	return text, nil
}

// lines reads a list. A line that begins with "#" is a comment.
func (r *pageReader) lines(place, text string) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case isURL(line):
			r.address(line)
		default:
			if why := r.entry(line); why != "" {
				r.fault(fmt.Sprintf("%s:%d", place, number), line, why)
			}
		}
		if err := r.full(place); err != nil {
			return err
		}
	}
	return nil
}

func (r *pageReader) full(place string) error {
	if len(r.pages)+len(r.patterns) > mostPages {
		return fmt.Errorf("%s: more than %d pages; declare some by patterns", place, mostPages)
	}
	return nil
}

// address takes the page of an address, which a program wrote: where it is of another host
// or can be no page, it is left out and counted. What the rules drop or scrub of it is
// dropped and scrubbed.
func (r *pageReader) address(text string) {
	left := &r.left[len(r.left)-1]
	_, rest, _ := strings.Cut(text, "://")
	from := strings.IndexAny(rest, "/?#")
	if from < 0 {
		from = len(rest)
	}
	authority, err := url.Parse("http://" + rest[:from])
	if err != nil || !isURL(text) {
		left.none++
		return
	}
	if !slices.Contains(r.hosts, strings.TrimSuffix(strings.ToLower(authority.Hostname()), ".")) {
		left.elsewhere++
		return
	}
	page, ok := r.rules.Page(rest[from:])
	if !ok {
		left.none++
		return
	}
	r.pages[page] = true
}

// sitemap reads a sitemap, or an index of sitemaps and what it names.
func (r *pageReader) sitemap(place string, text []byte, depth int) error {
	err := locations(text, func(index bool, location string, line int) error {
		if !index {
			r.address(location)
			return r.full(place)
		}
		if depth == deepestIndex {
			return fmt.Errorf("line %d: an index within an index within an index", line)
		}
		next, err := r.named(place, location)
		if err != nil {
			return fmt.Errorf("line %d: %.200q %w", line, location, err)
		}
		return r.below(next, depth+1)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	return nil
}

// errNoSitemap says that a file begins as XML does, and is something else.
var errNoSitemap = errors.New("is no sitemap: it holds neither <urlset> nor <sitemapindex>")

// locations calls yield with each location of a sitemap, or of an index of sitemaps, and
// its line, until that fails. The form of both is that of sitemaps.org; what else is in
// them is passed over.
func locations(text []byte, yield func(index bool, location string, line int) error) error {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = func(name string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("it is written in %q, and a sitemap must be in UTF-8", name)
	}
	var way []string // the names of the elements that lead here
	var location []byte
	for begun := false; ; {
		token, err := decoder.Token()
		if err == io.EOF && begun {
			return nil
		} else if err == io.EOF {
			return errNoSitemap
		} else if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			way = append(way, token.Name.Local)
			if begun = true; way[0] != "urlset" && way[0] != "sitemapindex" {
				return errNoSitemap
			}
			location = location[:0]
		case xml.CharData:
			location = append(location, token...)
		case xml.EndElement:
			if len(way) == 3 && way[2] == "loc" && (way[1] == "url" || way[1] == "sitemap") {
				line, _ := decoder.InputPos()
				if err := yield(way[0] == "sitemapindex", string(bytes.TrimSpace(location)), line); err != nil {
					return err
				}
			}
			way = way[:len(way)-1]
		}
	}
}
