package hit

import "strconv"

// A Region is a prefecture of Japan, by its code of ISO 3166-2 ("JP-13"), or abroad; the
// zero Region is unknown. It is one of Japan alone: which part of another country
// somebody is in, no web team of a Japanese office acts upon.
type Region uint8

// Prefectures is how many prefectures there are. Their regions are 1 to Prefectures, in
// the order of the standard.
const Prefectures = 47

// The regions that are no prefecture. New ones go behind.
const (
	UnknownRegion Region = 0
	Abroad        Region = Prefectures + 1
	regions       Region = Abroad + 1
)

const abroad = "abroad"

// ParseRegion returns the region of that code, such as "JP-13", [Unknown] or "abroad".
func ParseRegion(code string) (Region, bool) {
	switch code {
	case Unknown:
		return UnknownRegion, true
	case abroad:
		return Abroad, true
	}
	if len(code) != 5 || code[:3] != "JP-" {
		return 0, false
	}
	return Prefecture(code[3:])
}

// Prefecture returns the prefecture of that number in two digits, such as "13", which
// is the code of a subdivision as databases of places give it for Japan.
func Prefecture(number string) (Region, bool) {
	if len(number) != 2 || !isDigit(number[0]) || !isDigit(number[1]) {
		return 0, false
	}
	r := Region(number[0]-'0')*10 + Region(number[1]-'0')
	if r < 1 || r > Prefectures {
		return 0, false
	}
	return r, true
}

var regionNames = func() (names [regions]string) {
	names[UnknownRegion], names[Abroad] = Unknown, abroad
	for r := Region(1); r <= Prefectures; r++ {
		names[r] = "JP-" + strconv.Itoa(int(r/10)) + strconv.Itoa(int(r%10))
	}
	return names
}()

// Code returns the region's code, such as "JP-13".
func (r Region) Code() string { return regionNames[r] }

// RegionCodes returns the codes of all regions.
func RegionCodes() []string { return regionNames[:] }
