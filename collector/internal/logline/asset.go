package logline

import (
	"bytes"
	"strings"
)

// Asset reports whether the target of the request is something other than a page: an
// image, script, style sheet, font, medium, archive, document to download, feed
// or file for programs. It goes by the extension, before the query, with the
// lists that Matomo's log importer uses (its static and its download files) and
// newer formats added; and by name for feeds without an extension. Targets
// without an extension, and those of page generators (html, php, aspx ..), are
// pages.
func (l *Line) Asset(line []byte) bool {
	from, last, end := int(l.Target.From), int(l.last), int(l.path)
	if from >= end {
		return false
	}
	if from+1 < end && line[from+1] == '.' && bytes.HasPrefix(line[from:end], []byte("/.well-known/")) {
		return true
	}
	if last >= from && line[last] == '.' {
		return isAsset(line, last+1, end)
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
// Seven bytes must follow it.
func isAsset(line []byte, from, to int) bool {
	if to-from > 8 {
		return bytes.EqualFold(line[from:to], []byte(longest))
	}
	return from < to && extensions.has(lower(line, from, to))
}

// longest is the one extension of more than eight bytes.
const longest = "webmanifest"

// isFeed reports whether the name from from to to is of a feed, in any case.
// Seven bytes must follow it.
func isFeed(line []byte, from, to int) bool {
	return len("rss") <= to-from && to-from <= len("feed") && feeds.has(lower(line, from, to))
}

// lower returns up to eight bytes as a word, capitals lowered.
func lower(line []byte, from, to int) uint64 {
	const letter = 0x40 // a bit that letters have; half of it makes them small
	word := wordAt(line, from) & (1<<(8*(to-from)) - 1)
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

func setOf(list string) *words {
	set := &words{}
	for name := range strings.FieldsSeq(list) {
		if name == longest {
			continue
		}
		word := lower(append([]byte(name), make([]byte, 8)...), 0, len(name))
		i := placeOf(word)
		for set[i] != 0 {
			i = (i + 1) % uint64(len(set))
		}
		set[i] = word
	}
	return set
}

var feeds = setOf("feed rss atom")

var extensions = setOf(listed)

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
