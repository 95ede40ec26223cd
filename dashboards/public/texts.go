package public

import (
	_ "embed"
	"html/template"
	"math/big"
	"strconv"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

var (
	//go:embed ja.json
	japanese []byte
	//go:embed en.json
	english []byte
	//go:embed easy.json
	easyJapanese []byte
)

// easy is Japanese in short sentences and easy words, with the reading of each kanji
// (やさしい日本語). It is a language of its own here; its texts have few of the keys.
const easy = "easy"

var texts = map[string]map[string]string{"ja": i18n.Flat(japanese), "en": i18n.Flat(english), easy: i18n.Flat(easyJapanese)}

// words says things in one language.
type words struct {
	lang string
	i18n *i18n.Texts
}

func wordsOf(lang string) words {
	if lang == easy {
		return words{easy, i18n.For("ja")}
	}
	return words{lang, i18n.For(lang)}
}

// code returns the code of the language, as pages declare it.
func (w words) code() string { return w.i18n.Lang() }

// say returns the text of key with {0}, {1} and so on replaced. A key without a
// text is a mistake of the program; a test finds it.
func (w words) say(key string, args ...any) string {
	text, ok := texts[w.lang][key]
	if !ok {
		panic("public: no text for " + key)
	}
	return i18n.Fill(text, args...)
}

// html returns the text of key as markup: what it and its arguments hold is escaped,
// but arguments that are markup, and readings of kanji become what they are.
func (w words) html(key string, args ...any) template.HTML {
	var safe []any
	for _, arg := range args {
		if text, ok := arg.(string); ok {
			arg = template.HTMLEscapeString(text)
		}
		safe = append(safe, arg)
	}
	return template.HTML(i18n.Fill(string(markup(w.say(key))), safe...))
}

// markup returns one of our texts as markup, with the readings that it has.
func markup(text string) template.HTML { return template.HTML(ruby(template.HTMLEscapeString(text))) }

// figure returns a figure in words: never a bare number, never a negative one.
func (w words) figure(f release.Figure) string {
	if f.Status != release.Published {
		return w.say("status." + string(f.Status))
	}
	if f.Value == 0 {
		return w.say("under", f.High/f.Unit*f.Unit+f.Unit)
	}
	low, high := f.Outer()
	return w.say("about", f.Value, low, high)
}

// period returns a period in words.
func (w words) period(p release.Period) string {
	if p.Cadence() == release.Weekly {
		year, week := p.First().Date().ISOWeek()
		return w.say("period.week", strconv.Itoa(year), week, w.i18n.Short(p.First()), w.i18n.Short(p.Last()))
	}
	date := p.First().Date()
	if w.code() == "ja" {
		return w.say("period.month", strconv.Itoa(date.Year()), int(date.Month()))
	}
	return w.say("period.month", strconv.Itoa(date.Year()), date.Month())
}

// days lists days in words, runs of them as ranges.
func (w words) days(list []statistic.Day) string {
	var parts []string
	for i := 0; i < len(list); i++ {
		first := list[i]
		for i+1 < len(list) && list[i+1] == list[i]+1 {
			i++
		}
		parts = append(parts, w.i18n.Range(first, list[i]))
	}
	return strings.Join(parts, w.say("separator"))
}

// measure returns the name of a published measure.
func (w words) measure(m statistic.Measure) string { return w.say("measure." + release.PublicName(m)) }

// decimal writes a budget with four decimals, rounded up: a promise may say less
// than what is kept, never more.
func decimal(r *big.Rat) string {
	scaled := new(big.Rat).Mul(r, big.NewRat(10000, 1))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return strings.TrimRight(strings.TrimRight(new(big.Rat).SetFrac(whole, big.NewInt(10000)).FloatString(4), "0"), ".")
}
