package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A pack is a package as npm packs it.
type pack struct {
	version string
	files   map[string][]byte // by their path in the package
}

// obtain returns the package of that specification: NAME@VERSION, or a .tgz.
func obtain(specification string) (pack, error) {
	if strings.HasSuffix(specification, ".tgz") {
		data, err := os.ReadFile(specification)
		if err != nil {
			return pack{}, err
		}
		return unpack(data)
	}
	folder, err := os.MkdirTemp("", "bots")
	if err != nil {
		return pack{}, err
	}
	defer os.RemoveAll(folder)
	command := exec.Command("npm", "pack", "--silent", "--ignore-scripts", specification)
	command.Dir, command.Stderr = folder, os.Stderr
	if err := command.Run(); err != nil {
		return pack{}, fmt.Errorf("npm pack %s: %w", specification, err)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(found) != 1 {
		return pack{}, fmt.Errorf("npm pack %s left %d files, want one", specification, len(found))
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		return pack{}, err
	}
	return unpack(data)
}

func unpack(data []byte) (pack, error) {
	stream, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return pack{}, fmt.Errorf("unpack: %w", err)
	}
	p := pack{files: map[string][]byte{}}
	for archive := tar.NewReader(stream); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return pack{}, fmt.Errorf("unpack: %w", err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return pack{}, fmt.Errorf("unpack: %w", err)
		}
		p.files[strings.TrimPrefix(header.Name, "package/")] = content
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(p.files["package.json"], &manifest); err != nil || manifest.Version == "" {
		return pack{}, fmt.Errorf("read package.json: version %q, error %v", manifest.Version, err)
	}
	p.version = manifest.Version
	return p, nil
}
