package notice_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T, name string) map[string]string {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(file, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

var placeholder = regexp.MustCompile(`\{\d\}`)

func placeholders(text string) []string {
	list := placeholder.FindAllString(text, -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// TestTextsAreInBothLanguages holds that each text is there twice, with the same places to
// fill. Seen to fail when a text is in ja only, and when one of en names no purpose ({0}).
func TestTextsAreInBothLanguages(t *testing.T) {
	ja, en := load(t, "ja.json"), load(t, "en.json")
	if len(ja) < 100 {
		t.Fatalf("only %d texts", len(ja))
	}
	for key, text := range ja {
		if text == "" || en[key] == "" || text == en[key] && key != "published.noise" {
			t.Errorf("%s: %q in ja, %q in en", key, text, en[key])
		}
		if !slices.Equal(placeholders(text), placeholders(en[key])) {
			t.Errorf("%s: placeholders %v in ja, %v in en", key, placeholders(text), placeholders(en[key]))
		}
	}
	for key := range en {
		if ja[key] == "" {
			t.Errorf("%s is in en only", key)
		}
	}
}

// TestEveryTextIsUsed holds that no text is left that says nothing anywhere. Seen to fail on
// a key that nothing names.
func TestEveryTextIsUsed(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources to look at")
	}
	var all string
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all += string(file)
	}
	for key := range load(t, "ja.json") {
		what, _ := strings.CutPrefix(key, "exceptions.")
		if !strings.Contains(all, `"`+key+`"`) && !strings.Contains(all, `"`+what+`"`) {
			t.Errorf("%s is not used", key)
		}
	}
}
