package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"oboro/aggregator/release"
)

type verifyCommand struct {
	Place string `arg:"" name:"path-or-url" help:"Published folder, on disk or at an http(s) address."`
	Since string `placeholder:"FILE" help:"A log/checkpoint or ledger/checkpoint of the folder, kept from before: what it names must still be there."`
	Key   string `placeholder:"FILE" help:"Verifier key, got from the publisher by another way than the folder; by default that of the data directory."`
}

func (c verifyCommand) Run(ctx context.Context, p process, o options) error {
	path := c.Key
	if path == "" {
		path = filepath.Join(o.Data, "signing.key.pub")
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return misuse("verifier key: %w; ask the publisher for it and name it with --key", err)
	}
	check := release.Options{}
	if c.Since != "" {
		if check.Earlier, err = os.ReadFile(c.Since); err != nil {
			return misuse("earlier checkpoint: %w", err)
		}
	}
	if isURL(c.Place) {
		return c.remote(ctx, p.stdout, string(key), check)
	}
	if info, err := os.Stat(c.Place); err != nil || !info.IsDir() {
		return misuse("%s is not a folder", c.Place)
	}
	return verify(p.stdout, os.DirFS(c.Place), string(key), check)
}

// remote verifies a folder behind a web server. Where a file could not be fetched,
// nothing was found wrong or right: the check was not finished.
func (c verifyCommand) remote(ctx context.Context, out io.Writer, key string, check release.Options) error {
	folder, err := openRemote(ctx, c.Place)
	if err != nil {
		return misuse("%w", err)
	}
	defer folder.client.CloseIdleConnections()
	var said bytes.Buffer
	err = verify(&said, folder, key, check)
	if folder.failed != nil {
		return fmt.Errorf("the check could not be finished: %w", folder.failed)
	}
	if _, failed := said.WriteTo(out); failed != nil {
		return fmt.Errorf("print: %w", failed)
	}
	return err
}

// verify checks the folder and prints what it finds.
func verify(out io.Writer, folder fs.FS, key string, check release.Options) error {
	report, err := release.VerifyWith(folder, key, check)
	if err != nil {
		return misuse("%w", err)
	}
	for _, f := range report.Findings {
		fmt.Fprintf(out, "%s: %s\n", f.Path, f.Problem)
	}
	for _, w := range report.Withdrawn {
		fmt.Fprintf(out, "withdrawn: %s: %s / %s\n", w.Name, w.Reason.JA, w.Reason.EN)
	}
	if !report.Listed {
		fmt.Fprintf(out, "note: the folder cannot be listed: files that %s does not name were not looked for\n", release.SumsFile)
	}
	if !report.OK() {
		return failure{unverified, errors.New("verification failed")}
	}
	if report.Since != "" {
		fmt.Fprintf(out, "since the earlier checkpoint: %s\n", report.Since)
	}
	fmt.Fprintf(out, "verified: %d files, %d data sets, signed by %s; at most rho %s spent on a visitor-day\n",
		report.Files, report.Releases, report.Signer, report.Spent.RatString())
	return nil
}
