package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type pagesCommand struct {
	Site  string `placeholder:"ID" help:"Site whose addresses are meant, and by whose rules they are read; may be left out where there is one."`
	Out   string `placeholder:"FILE" help:"Write the list there, whole or not at all, in place of standard output."`
	Place string `arg:"" name:"url-or-file" help:"Sitemap, index of sitemaps, or list; at an http(s) address, or a file. It may be packed with gzip."`
}

// longestRead is how long reading a sitemap from its address may take.
const longestRead = 5 * time.Minute

// Run reads the sitemap and writes its list. It is the only command but verify that asks
// another machine for anything, and it asks the one that it was told.
func (c pagesCommand) Run(ctx context.Context, p process, o options) error {
	r, site, err := c.reader(o)
	if err != nil {
		return err
	}
	if isURL(c.Place) {
		ctx, stop := context.WithTimeout(ctx, longestRead)
		defer stop()
		web, err := newSitemapHost(ctx, c.Place)
		if err != nil {
			return misuse("%w", err)
		}
		defer web.client.CloseIdleConnections()
		r.read, r.named = web.read, web.named
	}
	if err := r.place(c.Place); err != nil {
		return err
	}
	for _, l := range r.left {
		fmt.Fprintf(p.stderr, "left out of %s\n", l)
	}
	if err := r.faults(); err != nil {
		return err
	}
	if len(r.pages)+len(r.patterns) == 0 {
		return failure{nothing, fmt.Errorf("%s holds no page of the site %s, whose hosts are %q", c.Place, site.ID, site.Hosts)}
	}
	if c.Out == "" {
		return r.print(p.stdout, site.ID)
	}
	return r.write(c.Out, site.ID)
}

// reader returns the reader of the site that is meant, without what that declares.
func (c pagesCommand) reader(o options) (*pageReader, siteConfig, error) {
	config, err := readConfig(o.ConfigFile) // the list may be one that it names
	if err != nil {
		return nil, siteConfig{}, err
	}
	id := c.Site
	if id == "" {
		if len(config.Sites) > 1 {
			return nil, siteConfig{}, misuse("say which site is meant: --site ID; declared are %q", config.siteIDs())
		}
		id = config.Sites[0].ID
	}
	i, err := config.site(id)
	if err != nil {
		return nil, siteConfig{}, err
	}
	site := config.Sites[i]
	rules, err := site.addresses().Rules()
	if err != nil {
		return nil, siteConfig{}, misuse("site %s: %w", id, err)
	}
	return newPageReader(site.Hosts, rules), site, nil
}

// print prints the list.
func (r *pageReader) print(to io.Writer, site string) error {
	out := bufio.NewWriter(to)
	fmt.Fprintf(out, "# Declared pages of the site %s. Never declare one that names a person.\n", site)
	for _, entry := range r.list() {
		fmt.Fprintln(out, entry)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// write puts a file with the list in the place of the one of that name, if any.
func (r *pageReader) write(name, site string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = errors.Join(r.print(f, site), f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// A sitemapHost is the web server that a sitemap was named on. No other is asked.
type sitemapHost struct {
	ctx    context.Context // of the one command that reads
	client *http.Client
	base   *url.URL
}

func newSitemapHost(ctx context.Context, address string) (*sitemapHost, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.User != nil {
		return nil, fmt.Errorf("%q is not an address like https://www.example.lg.jp/sitemap.xml", address)
	}
	return &sitemapHost{ctx, newClient(), base}, nil
}

// named returns the address that an index names.
func (h *sitemapHost) named(index, name string) (string, error) {
	base, err := url.Parse(index)
	if err != nil {
		return "", err
	}
	next, err := base.Parse(name)
	if err != nil {
		return "", errors.New("is no address")
	}
	if !strings.EqualFold(next.Host, h.base.Host) || next.Scheme != h.base.Scheme && next.Scheme != "https" || next.User != nil {
		return "", errors.New("is on another host: name it to the command by itself")
	}
	return next.String(), nil
}

func (h *sitemapHost) read(address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(h.ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := h.client.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // it names the address again
		}
		return nil, fmt.Errorf("fetch: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: the server answered %d", answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, largestFile+1))
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	return text, nil
}
