package oboro_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
)

// A document is one Markdown file, taken apart.
type document struct {
	path     string
	headings []string // "## Title"
	blocks   []block
	prose    string // without fenced blocks
}

// A block is a fenced block of code.
type block struct{ language, code string }

// lines returns the commands of a block of shell, continued lines joined.
func (b block) lines() []string {
	if b.language != "sh" {
		return nil
	}
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(b.code, "\\\n", " ")), "\n")
}

func readDocument(t *testing.T, path string) document {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := document{path: path}
	for i, part := range strings.Split("\n"+string(text), "\n```") {
		if i%2 == 1 {
			language, code, _ := strings.Cut(part, "\n")
			d.blocks = append(d.blocks, block{language, code})
			continue
		}
		d.prose += part + "\n"
		for _, line := range strings.Split(part, "\n") {
			if strings.HasPrefix(line, "#") {
				d.headings = append(d.headings, line)
			}
		}
	}
	return d
}

// documents returns all documents of the repository.
func documents(t *testing.T) []document {
	t.Helper()
	var all []document
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			all = append(all, readDocument(t, path))
		}
	}
	if len(all) < 9 {
		t.Fatalf("only %d documents found", len(all))
	}
	return all
}

// program builds oboro for a test and returns its path.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "oboro")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/oboro").CombinedOutput(); err != nil {
		t.Fatalf("build oboro: %v\n%s", err, out)
	}
	return path
}

// code returns what a document shows as code: its blocks of shell, and what stands
// between backquotes, one a line.
func (d document) code() string {
	lines := regexp.MustCompile("`[^`\n]+`").FindAllString(d.prose, -1)
	for _, b := range d.blocks {
		lines = append(lines, b.lines()...)
	}
	return strings.Join(lines, "\n")
}

// TestReadmesMirrorEachOther holds that both have the same headings by number and
// level, and the same commands. Seen to fail when a heading of one is missing, is
// one level deeper, and when a command of one has another option.
func TestReadmesMirrorEachOther(t *testing.T) {
	en, ja := readDocument(t, "README.md"), readDocument(t, "README.ja.md")
	level := func(heading string) int { return len(heading) - len(strings.TrimLeft(heading, "#")) }
	for i := range max(len(en.headings), len(ja.headings)) {
		switch {
		case i >= len(en.headings):
			t.Errorf("README.md has no heading for %q", ja.headings[i])
		case i >= len(ja.headings):
			t.Errorf("README.ja.md has no heading for %q", en.headings[i])
		case level(en.headings[i]) != level(ja.headings[i]):
			t.Errorf("%q and %q are of different levels", en.headings[i], ja.headings[i])
		}
	}
	var commands [2][]string
	for i, d := range []document{en, ja} {
		for _, b := range d.blocks {
			commands[i] = append(commands[i], b.lines()...)
		}
		if n := strings.Count(d.prose, "\n") + 2*len(d.blocks); n > 150 {
			t.Errorf("%s has more than 150 lines", d.path)
		}
	}
	if len(commands[0]) == 0 || !slices.Equal(commands[0], commands[1]) {
		t.Errorf("the commands differ:\nREADME.md    %q\nREADME.ja.md %q", commands[0], commands[1])
	}
}

var (
	link   = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	notKey = regexp.MustCompile(`[^\p{L}\p{N} -]`)
)

// anchor returns the fragment under which a heading is reached.
func anchor(heading string) string {
	text := strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#")))
	return strings.ReplaceAll(notKey.ReplaceAllString(text, ""), " ", "-")
}

// TestLinksLead holds that each relative link leads to a file, and to a heading
// of it where it names one. Seen to fail when a file, and when a heading, is
// misspelt.
func TestLinksLead(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.prose, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			file, fragment, _ := strings.Cut(m[1], "#")
			target := filepath.Join(filepath.Dir(d.path), file)
			if file == "" {
				target = d.path
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", d.path, m[1])
				continue
			}
			isHeading := func(heading string) bool { return anchor(heading) == fragment }
			if fragment != "" && !slices.ContainsFunc(readDocument(t, target).headings, isHeading) {
				t.Errorf("%s links to %s, and there is no such heading", d.path, m[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d relative links found", found)
	}
}

var (
	makeTarget   = regexp.MustCompile("(?:^|[`\\s])make ([a-z]+)")
	oboroCommand = regexp.MustCompile("(?:^|[`\\s/])oboro ((?:(?:audit|config) )?[a-z]+)([^`\n]*)")
	flagName     = regexp.MustCompile(`--[a-z][a-z-]*`)
)

// TestMakeTargetsExist holds that each make target that a document names is in
// the Makefile. Seen to fail when CONTRIBUTING.md names "make lint".
func TestMakeTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, d := range documents(t) {
		for _, m := range makeTarget.FindAllStringSubmatch(d.code(), -1) {
			found++
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s names make %s, which the Makefile does not have", d.path, m[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d make targets found", found)
	}
}

// helpOf returns the help of a command of the program.
func helpOf(t *testing.T, program, command string) string {
	t.Helper()
	out, err := exec.Command(program, append(strings.Fields(command), "--help")...).CombinedOutput()
	if err != nil {
		t.Fatalf("oboro %s --help: %v\n%s", command, err, out)
	}
	return string(out)
}

// TestCommandsExist holds that each command of oboro that a document names, in a
// block of shell or between backquotes, is one of the program, with the options that
// it has. Seen to fail when a document names "oboro notice", and when it gives
// import the option --tail.
func TestCommandsExist(t *testing.T) {
	oboro := program(t)
	_, list, _ := strings.Cut(helpOf(t, oboro, ""), "\nCommands:\n")
	known := map[string]string{} // help by command
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)*)  `).FindAllStringSubmatch(list, -1) {
		known[m[1]] = helpOf(t, oboro, m[1])
	}
	if len(known) < 9 {
		t.Fatalf("the help lists only %d commands", len(known))
	}
	found := 0
	for _, d := range documents(t) {
		code := strings.ReplaceAll(d.code(), "sudo -u oboro ", "")
		for _, m := range oboroCommand.FindAllStringSubmatch(code, -1) {
			found++
			help, ok := known[m[1]]
			if !ok {
				t.Errorf("%s names oboro %s, which the program does not have", d.path, m[1])
				continue
			}
			for _, flag := range flagName.FindAllString(m[2], -1) {
				if !strings.Contains(help, flag+"=") && !strings.Contains(help, flag+" ") {
					t.Errorf("%s gives oboro %s the option %s, which it does not have", d.path, m[1], flag)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d commands found", found)
	}
}

// TestReadmeWorks runs the README's commands on real input, in an empty folder with
// a log, as they stand. Seen to fail when verify names another folder than publish.
func TestReadmeWorks(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program whole")
	}
	var commands []string
	for _, b := range readDocument(t, "README.md").blocks {
		if strings.Contains(b.code, "oboro import") {
			commands = b.lines()
		}
	}
	if len(commands) != 4 {
		t.Fatalf("the README has %d commands on real input, want import, query, publish and verify", len(commands))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "access.log"), []byte(someLog()), 0o600); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + filepath.Dir(program(t)) + ":/bin:/usr/bin"
	for _, line := range commands {
		command := exec.Command("sh", "-c", line)
		command.Dir = dir
		command.Env = []string{path}
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		if strings.HasPrefix(line, "oboro query") && !strings.Contains(string(out), "/guide/") {
			t.Errorf("%s does not show the page that all have seen:\n%s", line, out)
		}
	}
}

// someLog returns a log of one day that the README's query asks for.
func someLog() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "203.0.%d.9 - - [18/May/2015:10:%02d:00 +0900] \"GET /guide/ HTTP/1.1\" 200 512 \"-\" "+
			"\"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\"\n", i, i)
	}
	return b.String()
}

// TestPromisesNameTests holds that docs/privacy.md has the ten promises and the 23 attacks, that
// each has a test or says that it has none, and that each test named is there. Seen to
// fail when a test is misspelt, and when a promise, and an attack, has neither.
func TestPromisesNameTests(t *testing.T) {
	text, err := os.ReadFile("docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9./]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	promises := strings.Split(string(text), "\n## ")[1:]
	if len(promises) != 11 {
		t.Fatalf("docs/privacy.md has %d sections, want 10 promises and the attacks", len(promises))
	}
	attacks := regexp.MustCompile(`(?m)^\| \d+ \| .*$`).FindAllString(promises[10], -1)
	if len(attacks) != 23 {
		t.Errorf("docs/privacy.md has %d attacks, want 23", len(attacks))
	}
	for i, part := range append(promises[:10:10], attacks...) {
		if want := fmt.Sprintf("%d. ", i+1); i < 10 && !strings.HasPrefix(part, want) {
			t.Errorf("promise %d is numbered otherwise", i+1)
		}
		if want := fmt.Sprintf("| %d | ", i-9); i >= 10 && !strings.HasPrefix(part, want) {
			t.Errorf("attack %d is numbered otherwise", i-9)
		}
		tests := named.FindAllStringSubmatch(part, -1)
		if len(tests) == 0 && !strings.Contains(part, "ot held by a test yet") {
			t.Errorf("%.20q names no test, and does not say that it has none", part)
		}
		for _, m := range tests {
			if !hasTest(t, m[1], m[2]) {
				t.Errorf("%.20q names %s, and there is no such test in %s", part, m[2], m[1])
			}
		}
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

// TestReferenceIsWhole holds that the reference in docs/operating.md has every
// option of the configuration, and no other. Seen to fail when dnt has no row.
func TestReferenceIsWhole(t *testing.T) {
	source, err := os.ReadFile("cmd/oboro/config.go")
	if err != nil {
		t.Fatal(err)
	}
	reference, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(reference), "\n## Configuration\n")
	want, got := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile("`yaml:\"([a-z_]+)\"").FindAllStringSubmatch(string(source), -1) {
		want[m[1]] = true
	}
	delete(want, "statistics") // which holds others, as publish does
	delete(want, "publish")
	for _, m := range regexp.MustCompile("(?m)^\\| `(?:[a-z]+(?:\\[\\])?\\.)*([a-z_]+)` \\|").FindAllStringSubmatch(table, -1) {
		got[m[1]] = true
	}
	if len(want) < 13 {
		t.Fatalf("only %d options found in config.go", len(want))
	}
	for name := range want {
		if !got[name] {
			t.Errorf("docs/operating.md has no row for the option %s", name)
		}
	}
	for name := range got {
		if !want[name] {
			t.Errorf("docs/operating.md has a row for %s, which is no option", name)
		}
	}
}

// TestLedgerIsWhole holds that the ledger in docs/bots.md has every outcome of a hit
// and every kind of program, in both languages, and no other. Seen to fail when
// no-view has no row, when a row has no Japanese, and when a kind is misspelt.
func TestLedgerIsWhole(t *testing.T) {
	text, err := os.ReadFile("docs/bots.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("collector/internal/intake/outcome.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "var words = [outcomes]string{")
	list, _, _ = strings.Cut(list, "}")
	var outcomes []string
	for _, m := range regexp.MustCompile(`"([a-z-]+)"`).FindAllStringSubmatch(list, -1) {
		outcomes = append(outcomes, m[1])
	}
	if len(outcomes) < 20 {
		t.Fatalf("only %d outcomes found", len(outcomes))
	}
	for title, want := range map[string][]string{"The ledger": outcomes, "Kinds of programs": hit.RobotCodes()} {
		_, section, _ := strings.Cut(string(text), "\n## "+title+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		var got []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| *([^|]*?) *\\| *([^|]*?) *\\|").FindAllStringSubmatch(section, -1) {
			got = append(got, m[1])
			if !regexp.MustCompile(`\p{Hiragana}|\p{Katakana}|\p{Han}`).MatchString(m[2]) || m[3] == "" {
				t.Errorf("%s: %s is not said in both languages", title, m[1])
			}
		}
		slices.Sort(got)
		if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
			t.Errorf("docs/bots.md, %s, has %q, want %q", title, got, want)
		}
	}
}
