package i18n

import "golang.org/x/text/language"

// longest is the longest Accept-Language header that is looked at.
const longest = 500

// Match returns the language to answer in for an Accept-Language header: "ja"
// where Japanese is asked for before English, else "en".
//
// It is not language.NewMatcher: that has Japanese be the best there is for a
// browser that asks for Chinese.
func Match(acceptLanguage string) string {
	if len(acceptLanguage) > longest {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return "en"
	}
	for _, tag := range tags {
		switch base, confidence := tag.Base(); {
		case confidence != language.Exact:
		case base.String() == "ja":
			return "ja"
		case base.String() == "en":
			return "en"
		}
	}
	return "en"
}
