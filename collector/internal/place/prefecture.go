package place

import (
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/hit"
	"oboro/collector/internal/mmdb"
)

// Where the largest subdivision of a country stands in a record. The free City table of
// DB-IP has its English name alone.
var (
	subdivisionCode = mmdb.Path{"subdivisions", 0, "iso_code"}
	subdivisionName = mmdb.Path{"subdivisions", 0, "names", "en"}
)

// prefectureAt returns the prefecture of a record of Japan, or the unknown region.
func prefectureAt(record maxminddb.Result) hit.Region {
	if countryAt(record, countries.Paths[0]) != japan {
		return hit.UnknownRegion
	}
	var text string
	if record.DecodePath(&text, subdivisionCode...) == nil && text != "" {
		r, _ := hit.Prefecture(text)
		return r
	}
	if record.DecodePath(&text, subdivisionName...) != nil {
		return hit.UnknownRegion
	}
	return prefectureNamed(text)
}

// prefectureNamed returns the prefecture of an English name, as "Tokyo", "Ōsaka" and
// "Shiga Prefecture" are.
func prefectureNamed(name string) hit.Region {
	const most = 32 // bytes of the longest name, with some to spare
	if len(name) > most {
		return hit.UnknownRegion
	}
	name = strings.TrimSuffix(plain.Replace(strings.ToLower(name)), " prefecture")
	for _, ending := range []string{"-ken", "-fu", "-to"} {
		name = strings.TrimSuffix(name, ending)
	}
	return prefectures[name]
}

// plain takes the length marks off vowels.
var plain = strings.NewReplacer("ō", "o", "Ō", "o", "ū", "u", "ô", "o", "'", "")

var prefectures = func() map[string]hit.Region {
	numbered := map[string]hit.Region{}
	for i, name := range strings.Fields(prefectureNames) {
		numbered[name] = hit.Region(i + 1)
	}
	return numbered
}()

// prefectureNames are in the order of ISO 3166-2, from JP-01.
const prefectureNames = `hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba
	tokyo kanagawa niigata toyama ishikawa fukui yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara
	wakayama tottori shimane okayama hiroshima yamaguchi tokushima kagawa ehime kochi fukuoka saga nagasaki kumamoto
	oita miyazaki kagoshima okinawa`
