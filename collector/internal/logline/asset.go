package logline

import (
	"bytes"
	"strings"
)

// Asset reports whether a request's target is something other than a page: an
// image, script, style sheet, font, medium, archive, document to download, feed
// or file for programs. It goes by the extension, before the query, with the
// lists that Matomo's log importer uses (its static and its download files) and
// newer formats added; and by name for feeds without an extension. Targets
// without an extension, and those of page generators (html, php, aspx ..), are
// pages.
func Asset(target []byte) bool {
	target = target[:pathEnd(target)]
	if bytes.HasPrefix(target, []byte("/.well-known/")) {
		return true
	}
	name := bytes.TrimSuffix(target, []byte("/"))
	folder := len(name) < len(target)
	slash, dot := len(name)-1, -1
	for ; slash >= 0 && name[slash] != '/'; slash-- {
		if name[slash] == '.' && dot < 0 {
			dot = slash
		}
	}
	if dot < 0 {
		return len(name)-slash-1 <= longestFeed && known(feeds, name[slash+1:])
	}
	return !folder && known(extensions, name[dot+1:])
}

// pathEnd returns where the path of a target ends.
func pathEnd(target []byte) int {
	for _, sign := range [...]byte{'?', '#', ';'} {
		if i := bytes.IndexByte(target, sign); i >= 0 {
			target = target[:i]
		}
	}
	return len(target)
}

// known reports whether set holds name, in any case.
func known(set map[string]bool, name []byte) bool {
	var lower [12]byte
	if len(name) > len(lower) {
		return false
	}
	n := copy(lower[:], name)
	for i, c := range lower[:n] {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return set[string(lower[:n])]
}

var feeds = setOf("feed rss atom")

const longestFeed = len("feed")

var extensions = setOf(`
	css js mjs map wasm webmanifest
	png jpg jpeg jfif gif ico cur svg svgz webp avif apng bmp tif tiff heic jxl
	woff woff2 ttf ttc eot otf
	mp4 m4v webm mov movie avi mkv ogv mpg mpeg mp2 asf asx wmv flv swf qt 3gp m3u8
	mp3 m4a wav ogg oga opus flac aac wma ra ram mid
	zip gz gzip tgz bz2 tbz tbz2 xz txz zst rar 7z tar lzh lha z arc arj cab sit hqx
	exe msi msp dmg iso img pkg deb rpm apk jar class bin torrent
	json jsonld geojson xml xsd xsl txt csv tsv yaml yml rss rdf atom ics vcf sig asc
	pdf doc docx docm xls xlsx xlsm ppt pptx pptm odt ods odp odg odf odb rtf wpd
	jtd epub mobi azw3 ibooks kml kmz dwg dxf`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}
