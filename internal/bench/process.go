package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wholeHit is the benchmark of a hit from its parsed body to its tallied cells.
const wholeHit = "BenchmarkHit"

// process runs the Go benchmarks of the program and prints their lines.
func (b *bench) process(ctx context.Context) error {
	packages, err := benchmarked("collector", "aggregator", "internal", "cmd")
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		b.report.skip("the Go benchmarks", "there are none")
		return nil
	}
	out, err := benchmark(ctx, packages, "-bench", ".", "-benchtime", "0.3s")
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Benchmark") || strings.HasPrefix(line, "pkg:") {
			fmt.Print(line)
		}
	}
	fmt.Println()
	if err != nil {
		b.report.skip("some Go benchmarks", "go test failed: "+lastLine(out))
	}
	whole, err := benchmark(ctx, []string{"./collector"}, "-bench", "^"+wholeHit+"$", "-count", strconv.Itoa(b.set.rounds))
	if err != nil {
		b.report.skip("the benchmark "+wholeHit, "go test failed: "+lastLine(whole))
	}
	b.report.add(row{measure: "G4 in process, body to cells: ns", required: atMost(1500), aim: atMost(1000), found: figures(whole, "ns/op")})
	b.report.add(row{measure: "G4 in process, body to cells: allocations", required: atMost(0), aim: atMost(0), found: figures(whole, "allocs/op")})
	b.report.note("G4 is of the benchmark %s, without a look at other programs.", wholeHit)
	return nil
}

// benchmark runs benchmarks of packages on one core, compiled as the program is: by its
// profile.
func benchmark(ctx context.Context, packages []string, options ...string) ([]byte, error) {
	profile, err := filepath.Abs("cmd/oboro/default.pgo")
	if err != nil {
		return nil, err
	}
	args := append([]string{"test", "-pgo", profile, "-run", "^$", "-benchmem", "-cpu", "1", "-p", "1"}, options...)
	return exec.CommandContext(ctx, "go", append(args, packages...)...).CombinedOutput()
}

// benchmarked returns the packages below the folders that have benchmarks.
func benchmarked(folders ...string) ([]string, error) {
	found := map[string]bool{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte("\nfunc Benchmark")) {
				found["./"+filepath.Dir(path)] = true
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for benchmarks: %w", err)
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// figures returns the figure before that unit of the benchmark of a whole hit.
func figures(out []byte, unit string) series {
	pattern := regexp.MustCompile(`(?m)^` + wholeHit + `\s.*\s([0-9.]+) ` + unit)
	var s series
	for _, found := range pattern.FindAllSubmatch(out, -1) {
		if n, err := strconv.ParseFloat(string(found[1]), 64); err == nil {
			s = append(s, reading{n, math.NaN()}) // nobody watched what others did
		}
	}
	return s
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
