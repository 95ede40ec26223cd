// Package i18n says things in Japanese and English: the texts of the screens,
// numbers, days, and the names of what statistics count by.
//
// Texts stand in two flat files with the same keys. Texts of statistics are not
// here; they stand in the catalogue.
package i18n

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var (
	//go:embed ja.json
	japanese []byte
	//go:embed en.json
	english []byte
)

// Languages are the languages that there are texts in.
var Languages = []string{"ja", "en"}

// Texts says things in one language.
type Texts struct {
	lang      string
	texts     map[Key]string
	regions   display.Namer
	languages display.Namer
}

var all = map[string]*Texts{
	"ja": load("ja", japanese, language.Japanese),
	"en": load("en", english, language.English),
}

// load reads a file that is part of the program: it cannot fail once tests pass.
func load(lang string, file []byte, tag language.Tag) *Texts {
	t := &Texts{lang: lang, regions: display.Regions(tag), languages: display.Languages(tag)}
	if err := json.Unmarshal(file, &t.texts); err != nil {
		panic("i18n: " + lang + ".json is not a flat file of texts")
	}
	return t
}

// For returns the texts of lang, "ja" or "en"; any other is English.
func For(lang string) *Texts {
	if t, ok := all[lang]; ok {
		return t
	}
	return all["en"]
}

// Lang returns "ja" or "en".
func (t *Texts) Lang() string { return t.lang }

// Say returns the text of key with {0}, {1} and so on replaced by args. Integers
// are written as Number does.
func (t *Texts) Say(key Key, args ...any) string {
	text, ok := t.texts[key]
	if !ok {
		return string(key)
	}
	return Fill(text, args...)
}

// Flat returns the texts, by key, of a JSON file that is part of the program: it cannot
// fail once tests pass. The sentences of what is published stand in such files of their own.
func Flat(file []byte) (texts map[string]string) {
	if err := json.Unmarshal(file, &texts); err != nil {
		panic("i18n: a file of texts is not flat")
	}
	return texts
}

// Fill returns text with {0}, {1} and so on replaced by args, as Say does.
func Fill(text string, args ...any) string {
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", written(arg))
	}
	// A Replacer goes over the text once: what an argument holds is not replaced.
	return strings.NewReplacer(pairs...).Replace(text)
}

func written(arg any) string {
	switch v := arg.(type) {
	case string:
		return v
	case int:
		return Number(int64(v))
	case int64:
		return Number(v)
	}
	return fmt.Sprint(arg)
}

// Number returns n with its thousands parted: 1,234,567.
func (t *Texts) Number(n int64) string { return Number(n) }

// Number returns n with its thousands parted by commas, as both languages do.
func Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}
