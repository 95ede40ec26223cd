package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files into a folder of the test.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var sources = map[string]string{
	"AIAssistants.yml": "Helper:\n  - helper.example.com\n  - x.com/i/helper\n",
	"Socials.yml":      "Net:\n  - net.com\n  - www.net.com\n  - sub.net.com\n  - com.net.android\n",
	"SearchEngines.yml": `
Find:
  -
    urls:
      - www.find.com
      - eu.find.com
      - find.{}
      - '{}.seek.com'
      - be.seek.com
      - net.com
      - find.com/images
    params:
      - q
  -
    urls:
      - images.{}.find.com
      - helper.example.com
    params: []
`,
	"spammers.txt": "Spam.com\n\nspam.com\nblogspot.com\nco.uk\nsub.tumblr.com\nsub.blogspot.com\n",
}

// Names come out once, the first part www left out, without paths and apps, the
// computers of one engine as that engine; and no spam is a public suffix. Seen to fail
// when an assistant that is an engine too is an engine, when a path is cut off, and when
// suffixes are kept.
func TestRun(t *testing.T) {
	from := folder(t, sources)
	for range 2 { // the same sources give the same
		to := t.TempDir()
		if err := run(source{from, "today"}, source{from, "yesterday"}, to); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for name, of := range map[string]string{"engines.txt": "today", "spam.txt": "yesterday"} {
			text, err := os.ReadFile(filepath.Join(to, name))
			if err != nil {
				t.Fatal(err)
			}
			head, rest, _ := strings.Cut(string(text), "[")
			if !strings.Contains(head, "(CC0-1.0) of\n# "+of) {
				t.Errorf("%s begins %q, without its terms and date", name, head)
			}
			got[name] = "[" + rest
		}
		const want = "[ai-assistant]\n.helper.example.com\n[social]\n.net.com\n" +
			"[search]\n.seek.com\neu.find.com = find.com\nfind.com\nfind.{}\n" +
			"|[spam]\n.spam.com\n.sub.blogspot.com\n.sub.tumblr.com\n"
		if both := got["engines.txt"] + "|" + got["spam.txt"]; both != want {
			t.Errorf("run wrote\n%s, want\n%s", both, want)
		}
	}
}

// Sources of no use are an error and leave the lists as they were. Seen to fail when
// the first list is written before the second is read.
func TestUseless(t *testing.T) {
	for name, change := range map[string]map[string]string{
		"no spam":       {"spammers.txt": "\n"},
		"no YAML":       {"Socials.yml": "\t: ["},
		"another form":  {"SearchEngines.yml": "- a\n- b\n"},
		"empty engines": {"SearchEngines.yml": ""},
	} {
		files := map[string]string{}
		for file, text := range sources {
			files[file] = text
		}
		for file, text := range change {
			files[file] = text
		}
		from, to := folder(t, files), folder(t, map[string]string{"engines.txt": "before", "spam.txt": "before"})
		if err := run(source{from, "today"}, source{from, "yesterday"}, to); err == nil {
			t.Errorf("%s: run succeeded, want an error", name)
		}
		for _, file := range []string{"engines.txt", "spam.txt"} {
			if text, err := os.ReadFile(filepath.Join(to, file)); err != nil || string(text) != "before" {
				t.Errorf("%s: %s was changed", name, file)
			}
		}
	}
}
