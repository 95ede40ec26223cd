package notice

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

var (
	//go:embed ja.json
	japanese []byte
	//go:embed en.json
	english []byte
)

var texts = map[string]map[string]string{"ja": flat(japanese), "en": flat(english)}

// flat reads a file that is part of the program: it cannot fail once tests pass.
func flat(file []byte) map[string]string {
	var t map[string]string
	if err := json.Unmarshal(file, &t); err != nil {
		panic("notice: the texts are not a flat file")
	}
	return t
}

// words says things in one language.
type words struct {
	lang string
	*i18n.Texts
}

// say returns the text of key with {0}, {1} and so on replaced. A key without a text is a
// mistake of the program; a test finds it.
func (w words) say(key string, args ...any) string {
	text, ok := texts[w.lang][key]
	if !ok {
		panic("notice: no text for " + key)
	}
	var pairs []string
	for i, arg := range args {
		said := fmt.Sprint(arg)
		if n, ok := arg.(int64); ok {
			said = w.Number(n)
		}
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", said)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// of returns a text of the operator, who may have written it in one language only.
func (w words) of(t statistic.Text) string {
	if text := t.In(w.lang); text != "" {
		return text
	}
	return t.JA + t.EN // one of them is empty
}

// sentences joins sentences, but for empty ones.
func (w words) sentences(list ...string) string {
	var said []string
	for _, text := range list {
		if text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, w.Space())
}

// names joins names, or says that there are none.
func (w words) names(list []string) string {
	if len(list) == 0 {
		return w.say("none")
	}
	return strings.Join(list, w.Comma())
}

// fill returns what stands where an option is to be set.
func (w words) fill(option string) string { return w.say("fill", option) }
