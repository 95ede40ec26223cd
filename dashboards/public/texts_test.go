package public_test

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

func TestTextsHaveTheSameKeysAndPlaceholders(t *testing.T) {
	ja, en := load(t, "ja.json"), load(t, "en.json")
	for key, text := range ja {
		if !slices.Equal(placeholders(text), placeholders(en[key])) {
			t.Errorf("%s: placeholders %v in ja, %v in en", key, placeholders(text), placeholders(en[key]))
		}
	}
	for key := range en {
		if ja[key] == "" || en[key] == "" {
			t.Errorf("%s has no text in one language", key)
		}
	}
	if len(ja) != len(en) {
		t.Errorf("%d texts in ja, %d in en", len(ja), len(en))
	}
}

// built are the keys that are put together from a part and a code.
var built = []string{"measure.", "status.", "word.", "word.status.", "methodology.steps.", "methodology.pages.", "accessibility.tested.", "accessibility.wanting.", "changes.", "feed."}

func TestEveryTextIsUsedAndThere(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	templates, err2 := filepath.Glob("templates/*.tmpl")
	if err != nil || err2 != nil || len(templates) == 0 {
		t.Fatal("no sources to look at")
	}
	var all string
	for _, name := range append(sources, templates...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all += string(file)
	}
	ja := load(t, "ja.json")
	for key, said := range load(t, "easy.json") { // the rest of it is of ja.json
		if strings.HasPrefix(key, "easy.") {
			ja[key] = said
		}
	}
	for key := range ja {
		composed := slices.ContainsFunc(built, func(part string) bool { return strings.HasPrefix(key, part) })
		if !composed && !strings.Contains(all, `"`+key+`"`) {
			t.Errorf("%s is not used", key)
		}
	}
	for _, use := range regexp.MustCompile(`(?:\bsay\(|\bhtml\(|\.[TH] )"([a-z.0-9]+)"`).FindAllStringSubmatch(all, -1) {
		if ja[use[1]] == "" && !slices.Contains(built, use[1]) {
			t.Errorf("%s has no text", use[1])
		}
	}
}
