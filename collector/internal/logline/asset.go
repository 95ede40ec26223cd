package logline

import (
	"bytes"
	"slices"
	"strings"
)

// Has reports whether the target of a request is something other than a page: an
// image, script, style sheet, font, medium, archive, document to download, feed
// or file for programs. It goes by the extension, before the query, with the
// lists that Matomo's log importer uses (its static and its download files) and
// newer formats added; and by name for feeds without an extension. Targets
// without an extension, and those of page generators (html, php, aspx ..), are
// pages, unless the line names the type of what was sent and that is not HTML.
func (a *Assets) Has(l *Line, line []byte) bool {
	if l.Type != (Span{}) && !isPage(l.Type.In(line)) {
		return true
	}
	from, last, end := int(l.Target.From), int(l.last), int(l.path)
	if from >= end {
		return false
	}
	if from+1 < end && line[from+1] == '.' && bytes.HasPrefix(line[from:end], []byte("/.well-known/")) {
		return true
	}
	if last >= from && line[last] == '.' {
		return a.isAsset(line, last+1, end)
	}
	if last == end-1 { // a folder
		last, end = bytes.LastIndexByte(line[from:last], '/')+from, last
		if last < from {
			last = from - 1
		}
	}
	return isFeed(line, last+1, end)
}

// isAsset reports whether the extension from from to to is of an asset, in any case.
func (a *Assets) isAsset(line []byte, from, to int) bool {
	if to-from > 8 {
		return a.longest && bytes.EqualFold(line[from:to], []byte(longest))
	}
	return from < to && a.extensions.has(lower(line, from, to))
}

// isPage reports whether a content type is of a page.
func isPage(kind []byte) bool {
	if i := bytes.IndexAny(kind, "; %"); i >= 0 { // CloudFront encodes the space
		kind = kind[:i]
	}
	return bytes.EqualFold(kind, []byte("text/html")) || bytes.EqualFold(kind, []byte("application/xhtml+xml"))
}

// longest is the one extension of more than eight bytes.
const longest = "webmanifest"

// isFeed reports whether the name from from to to is of a feed, in any case.
func isFeed(line []byte, from, to int) bool {
	return len("rss") <= to-from && to-from <= len("feed") && feeds.has(lower(line, from, to))
}

// lower returns up to eight bytes as a word, capitals lowered.
func lower(line []byte, from, to int) uint64 {
	const letter = 0x40 // a bit that letters have; half of it makes them small
	var word uint64
	if from+8 <= len(line) {
		word = wordAt(line, from) & (1<<(8*(to-from)) - 1)
	} else { // at the end of a line
		for i := to - 1; i >= from; i-- {
			word = word<<8 | uint64(line[i])
		}
	}
	return word | word&(letter*every)>>1
}

// words is a set of words of at most eight bytes: each at the place that its product
// names, or behind it.
type words [512]uint64

func placeOf(word uint64) uint64 { return word * 0x9e3779b97f4a7c15 >> (64 - 9) }

func (set *words) has(word uint64) bool {
	for i := placeOf(word); set[i] != 0; i = (i + 1) % uint64(len(set)) {
		if set[i] == word {
			return true
		}
	}
	return false
}

func setOf(list []string) *words {
	set := &words{}
	for _, name := range list {
		word := lower([]byte(name), 0, len(name))
		i := placeOf(word)
		for set[i] != 0 && set[i] != word {
			i = (i + 1) % uint64(len(set))
		}
		set[i] = word
	}
	return set
}

// Assets are the extensions of what is no page.
type Assets struct {
	extensions *words
	longest    bool
}

// MoreAssets is the most extensions that can be added.
const MoreAssets = 64

// NewAssets returns the built-in list with more added and less taken off. Where one is
// no extension of one to eight letters or digits, or there are too many, it returns it, and false.
func NewAssets(more, less []string) (a *Assets, bad string, ok bool) {
	for _, name := range slices.Concat(more, less) {
		if len(name) == 0 || len(name) > 8 && name != longest || strings.ContainsFunc(name, isNoName) {
			return nil, name, false
		}
	}
	if len(more) > MoreAssets {
		return nil, more[MoreAssets], false
	}
	var list []string
	a = &Assets{}
	for name := range strings.FieldsSeq(listed + " " + strings.ToLower(strings.Join(more, " "))) {
		switch {
		case slices.ContainsFunc(less, func(out string) bool { return strings.EqualFold(out, name) }):
		case name == longest:
			a.longest = true
		default:
			list = append(list, name)
		}
	}
	a.extensions = setOf(list)
	return a, "", true
}

func isNoName(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
}

var feeds = setOf([]string{"feed", "rss", "atom"})

const listed = `
	css js mjs map wasm webmanifest
	png jpg jpeg jfif gif ico cur svg svgz webp avif apng bmp tif tiff heic jxl
	woff woff2 ttf ttc eot otf
	mp4 m4v webm mov movie avi mkv ogv mpg mpeg mp2 asf asx wmv flv swf qt 3gp m3u8
	mp3 m4a wav ogg oga opus flac aac wma ra ram mid
	zip gz gzip tgz bz2 tbz tbz2 xz txz zst rar 7z tar lzh lha z arc arj cab sit hqx
	exe msi msp dmg iso img pkg deb rpm apk jar class bin torrent
	json jsonld geojson xml xsd xsl txt csv tsv yaml yml rss rdf atom ics vcf sig asc
	pdf doc docx docm xls xlsx xlsm ppt pptx pptm odt ods odp odg odf odb rtf wpd
	jtd epub mobi azw3 ibooks kml kmz dwg dxf`
