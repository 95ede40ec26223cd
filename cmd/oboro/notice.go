package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards/notice"
)

type noticeCommand struct {
	Lang string `xor:"lang" placeholder:"LANG" help:"Language of what is printed: ja (the default) or en."`
	HTML bool   `name:"html" xor:"html" help:"Print a page of HTML in place of Markdown."`
	Out  string `placeholder:"DIR" xor:"lang,html" help:"Write notice.ja.md, notice.en.md, notice.ja.html and notice.en.html there, in place of standard output."`
}

// Run prints the notice, or writes all its forms. What is to be filled in is said besides.
func (c noticeCommand) Run(_ context.Context, p process, o options) error {
	lang := cmp.Or(c.Lang, "ja")
	if !slices.Contains(notice.Languages, lang) {
		return misuse("--lang is %q: ja or en is meant", lang)
	}
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	catalogue, err := config.catalogue()
	if err != nil {
		return err
	}
	d := config.notice(catalogue)
	if missing := d.Missing(); len(missing) > 0 {
		fmt.Fprintf(p.stderr, "to be filled in: %s\n", strings.Join(missing, ", "))
	}
	if c.Out != "" {
		return storeNotice(c.Out, d)
	}
	text := d.Markdown(lang)
	if c.HTML {
		text = d.HTML(lang)
	}
	_, err = p.stdout.Write(text)
	return err
}

// storeNotice writes all forms of the notice into a folder, each whole or not at all.
func storeNotice(dir string, d notice.Declaration) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range d.Files() {
		if err := replaceFile(filepath.Join(dir, file.Name), file.Text); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile puts a file with that text, which all may read, in the place of the one of
// that name, if any.
func replaceFile(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// notice returns what the privacy notice is made of.
func (c *config) notice(catalogue *statistic.Catalogue) notice.Declaration {
	d := notice.Declaration{
		Agency: c.Publish.Agency, Contact: c.Notice.Contact, Timezone: c.Timezone, K: c.K, Flush: time.Duration(c.Flush),
		Networks: notice.Networks{
			Domains: c.Networks.Domains != "", Numbers: c.Networks.Numbers != "", HostNames: c.Networks.HostNames,
		},
		Exceptions: c.exceptions(),
		Addresses: notice.Addresses{
			Collector: strings.TrimRight(c.Notice.Collector, "/"), OptOut: c.Notice.OptOut, Published: c.Notice.Published,
		},
		Statistics: catalogue.All(),
	}
	for _, s := range c.Sites {
		d.Sites = append(d.Sites, notice.Site{Title: s.Title, DNT: s.DNT, Parameters: s.Parameters})
	}
	return d
}

// exceptions returns what the promises except and this configuration does, or says of itself.
func (c *config) exceptions() []notice.Exception {
	var list []notice.Exception
	for _, of := range []struct {
		does bool
		what notice.Exception
	}{
		{c.Notice.StateOnDisk, notice.StateOnDisk},
		{c.ReverseDNS != "", notice.ReverseDNS},
		{c.ExactAddresses, notice.ExactAddresses},
		{c.tellsLogs(), notice.ImportedLogs},
	} {
		if of.does {
			list = append(list, of.what)
		}
	}
	return list
}

// tellsLogs reports whether the notice says that access logs are imported.
func (c *config) tellsLogs() bool { return c.Notice.Logs || c.Networks.HostNames }

func (c noticeConfig) check() error {
	if (c.Contact.JA == "") != (c.Contact.EN == "") {
		return errors.New("contact needs ja and en: the two notices tell the same")
	}
	for _, of := range []struct{ name, address string }{
		{"collector", c.Collector}, {"opt_out", c.OptOut}, {"published", c.Published},
	} {
		if of.address != "" && !isAddress(of.address) {
			return fmt.Errorf("%s is %q: an address like https://stats.example.lg.jp/ is meant", of.name, of.address)
		}
	}
	return nil
}

// isAddress reports whether a notice may lead to that address as it stands.
func isAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		u.Fragment == "" && u.String() == address
}

// tells refuses an exception that a stored notice does not tell of.
func (c noticeConfig) tells(option string, told bool) error {
	if c.Dir == "" || told {
		return nil
	}
	return misuse("the stored notice does not tell of this exception: set notice.%s, and write the notice anew (oboro notice --out)", option)
}

// checkNotice refuses a stored notice that does not tell what is configured, and says what
// changed first.
func (c *config) checkNotice(out io.Writer, configFile string, catalogue *statistic.Catalogue) error {
	if c.Notice.Dir == "" {
		return nil
	}
	dir := filepath.Clean(absolute(c.Notice.Dir, c.dir))
	anew := fmt.Sprintf("oboro notice --config %s --out %s", configFile, dir)
	d := c.notice(catalogue)
	for _, file := range d.Files() {
		name := filepath.Join(dir, file.Name)
		stored, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return misuse("notice: %s is not there; write it: %s", name, anew)
		}
		if err != nil {
			return misuse("notice: %w", err)
		}
		if !bytes.Equal(stored, file.Text) {
			return misuse("notice: %s no longer tells what is configured: %s; write it anew: %s", name, notice.Changed(stored, file.Text), anew)
		}
	}
	fmt.Fprintf(out, "notice: %s tells what is configured\n", c.Notice.Dir)
	if missing := d.Missing(); len(missing) > 0 {
		fmt.Fprintf(out, "  to be filled in: %s\n", strings.Join(missing, ", "))
	}
	return nil
}
