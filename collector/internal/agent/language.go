package agent

import (
	"strings"

	"oboro/collector/hit"
)

// choices is how many languages of a header are read. Browsers send ten at most.
const choices = 32

// Language returns the primary language that acceptLanguage prefers: the one of
// the highest weight, the first of equals. A language outside ISO 639-1, "*" and
// what cannot be read give the unknown language; a second choice never stands in
// for a first, which would count someone under a language not theirs.
func Language(acceptLanguage string) hit.Language {
	if len(acceptLanguage) > longest {
		acceptLanguage = acceptLanguage[:longest]
	}
	var best string
	highest := 0
	for range choices {
		choice, rest, more := strings.Cut(acceptLanguage, ",")
		tag, parameters, _ := strings.Cut(choice, ";")
		if w := weight(parameters); w > highest {
			best, highest = trim(tag), w
		}
		if !more {
			break
		}
		acceptLanguage = rest
	}
	return primary(best)
}

// primary returns the language of a tag such as "ja-JP".
func primary(tag string) hit.Language {
	if len(tag) < 2 || len(tag) > 2 && tag[2] != '-' && tag[2] != '_' {
		return hit.Language{}
	}
	code := [2]byte{tag[0] | 0x20, tag[1] | 0x20}
	language, _ := hit.ParseLanguage(string(code[:]))
	return language
}

// weight returns the weight of a language, in thousandths, from its parameters:
// 1000 where there are none, 0 where they cannot be read.
func weight(parameters string) int {
	parameters = trim(parameters)
	if parameters == "" {
		return 1000
	}
	if len(parameters) < 3 || parameters[0]|0x20 != 'q' || parameters[1] != '=' {
		return 0
	}
	number := parameters[2:]
	if number[0] != '0' && number[0] != '1' || len(number) > 5 || len(number) > 1 && number[1] != '.' {
		return 0
	}
	w, unit := int(number[0]-'0')*1000, 100
	for i := 2; i < len(number); i++ {
		if !isDigit(number[i]) {
			return 0
		}
		w += int(number[i]-'0') * unit
		unit /= 10
	}
	return min(w, 1000)
}

func trim(s string) string { return strings.Trim(s, " \t") }
