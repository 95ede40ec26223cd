package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/pprof/profile"
)

// profiles runs a program built with the tag profile, serving and importing by turns,
// and writes where it spent its time, for the compiler. It measures nothing.
func (b *bench) profiles(ctx context.Context, out string) error {
	dir := filepath.Join(b.disk, "profiles")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Setenv("OBORO_PROFILE", dir)); err != nil {
		return err
	}
	if err := b.writeScripts(ctx, keepAlive); err != nil {
		return fmt.Errorf("write the requests: %w", err)
	}
	readers, err := b.readers(ctx)
	if err != nil {
		return err
	}
	for round := range b.set.rounds {
		if _, err := b.loadOboro(ctx, keepAlive); err != nil {
			return err
		}
		if _, err := b.runImport(ctx, readers[0].log); err != nil {
			return err
		}
		b.say("profile, round %d of %d", round+1, b.set.rounds)
	}
	return mergeProfiles(dir, out)
}

// mergeProfiles writes one profile of all in dir, without the names of files of this
// computer.
func mergeProfiles(dir, out string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var all []*profile.Profile
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return err
		}
		p, err := profile.ParseData(data)
		if err != nil {
			return fmt.Errorf("a process ended within its first second: %w", err)
		}
		for _, m := range p.Mapping {
			m.File, m.BuildID = "", ""
		}
		p.TimeNanos, p.DurationNanos = 0, 0
		all = append(all, p)
	}
	merged, err := profile.Merge(all)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(merged.Write(f), f.Close())
}
