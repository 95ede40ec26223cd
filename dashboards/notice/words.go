package notice

import (
	_ "embed"
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

var texts = map[string]map[string]string{"ja": i18n.Flat(japanese), "en": i18n.Flat(english)}

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
	return i18n.Fill(text, args...)
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
