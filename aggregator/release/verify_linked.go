package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// linked is what is read of a node of linked data: of DCAT and of schema.org alike.
type linked struct {
	ID           string           `json:"@id"`
	Type         any              `json:"@type"` // a series is of two classes
	Titles       []linkedText     `json:"dct:title"`
	Descriptions []linkedText     `json:"dct:description"`
	Issued       linkedText       `json:"dct:issued"`
	Temporal     *linkedPeriod    `json:"dct:temporal"`
	Licences     []linkedID       `json:"dct:license"`
	Files        []linkedDownload `json:"dcat:distribution"`
}

type linkedText struct {
	Value    string `json:"@value"`
	Language string `json:"@language"`
}

type linkedID struct {
	ID   string `json:"@id"`
	Type string `json:"@type,omitempty"`
}

type linkedPeriod struct {
	Start linkedText `json:"dcat:startDate"`
	End   linkedText `json:"dcat:endDate"`
}

type linkedDownload struct {
	Download linkedID   `json:"dcat:downloadURL"`
	Bytes    linkedText `json:"dcat:byteSize"`
	Checksum struct {
		Value linkedText `json:"spdx:checksumValue"`
	} `json:"spdx:checksum"`
}

// catalogue checks that dcat.jsonld lists every data set, and no other, with what its
// table says and with the files that are there.
func (v *verification) catalogue() {
	listed := map[string]bool{}
	err := eachDataset(v.take(Catalogue), func(d linked) {
		if d.Type != "dcat:Dataset" {
			return
		}
		name := strings.TrimSuffix(d.ID, "/")
		e, ok := v.tables[dataFolder+name]
		if !ok || listed[name] {
			v.found(Catalogue, "%s: is no data set of the folder, or comes twice", name)
			return
		}
		listed[name] = true
		if err := d.describes(e); err != nil {
			v.found(Catalogue, "%s: %v", name, err)
		}
		var files []named
		for _, f := range d.Files {
			files = append(files, named{dataFolder + f.Download.ID, f.Checksum.Value.Value, f.Bytes.Value})
		}
		v.downloads(Catalogue, e, files)
	})
	if err != nil {
		v.found(Catalogue, "%v", errNoCatalogue)
		return
	}
	for folder, e := range v.tables {
		if !listed[e.Name] {
			v.found(Catalogue, "does not list %s", folder)
		}
	}
}

// eachDataset calls do with each entry of the list of a catalogue, one at a time, since there
// may be tens of thousands.
func eachDataset(file []byte, do func(linked)) error {
	dec := json.NewDecoder(bytes.NewReader(file))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('{') {
		return errNoCatalogue
	}
	kind := ""
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "@type":
			err = dec.Decode(&kind)
		case "dcat:dataset":
			err = eachOf(dec, do)
		default:
			err = dec.Decode(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil || kind != "dcat:Catalog" || len(bytes.TrimSpace(file[dec.InputOffset():])) > 0 {
		return errNoCatalogue
	}
	return nil
}

var errNoCatalogue = errors.New("is missing, or is no catalogue")

func eachOf(dec *json.Decoder, do func(linked)) error {
	if begin, err := dec.Token(); err != nil || begin != json.Delim('[') {
		return errNoCatalogue
	}
	for dec.More() {
		var d linked
		if err := dec.Decode(&d); err != nil {
			return err
		}
		do(d)
	}
	_, err := dec.Token()
	return err
}

// describes checks what a catalogue says of a table.
func (d linked) describes(e Envelope) error {
	var licences []string
	for _, l := range d.Licences {
		licences = append(licences, l.ID)
	}
	texts := slices.Concat(d.Titles, d.Descriptions)
	switch {
	case d.Temporal == nil || d.Temporal.Start.Value != e.Period.Start || d.Temporal.End.Value != e.Period.End:
		return fmt.Errorf("the period is not that of %s", TableJSON)
	case d.Issued.Value != e.TakenAt:
		return fmt.Errorf("the day of publication is not that of %s", TableJSON)
	case !slices.Equal(licences, e.licences()):
		return fmt.Errorf("the licences are not those of %s", TableJSON)
	case len(d.Titles) != 2 || len(d.Descriptions) != 2 || slices.ContainsFunc(texts, func(t linkedText) bool { return t.Value == "" }):
		return fmt.Errorf("title or description is not there in both languages")
	}
	return nil
}

// A named is a file as some description names it: its path, hash and size.
type named struct{ path, sha256, bytes string }

// downloads checks that the files which at names of a table are those of the folder,
// and all of them.
func (v *verification) downloads(at string, e Envelope, files []named) {
	there := map[string]bool{}
	for _, f := range e.Distributions(v.sizes) {
		there[dataFolder+f.Path] = true
	}
	for _, f := range files {
		file, ok := v.sizes[f.path]
		if !ok || !there[f.path] || file.SHA256 != f.sha256 || strconv.Itoa(file.Bytes) != f.bytes {
			v.found(at, "%s is not the file of %s that the folder has", f.path, e.Name)
		}
		delete(there, f.path)
	}
	for _, missing := range slices.Sorted(maps.Keys(there)) {
		v.found(at, "does not name %s", missing)
	}
}

// schemaPage is what is read of the data block of a page.
type schemaPage struct {
	Graph []struct {
		Identifier string   `json:"identifier"`
		Temporal   string   `json:"temporalCoverage"`
		Published  string   `json:"datePublished"`
		Version    string   `json:"version"`
		Licences   []string `json:"license"`
		Files      []struct {
			URL    string `json:"contentUrl"`
			Size   string `json:"contentSize"`
			SHA256 string `json:"sha256"`
		} `json:"distribution"`
	} `json:"@graph"`
}

// The data block of a page stands between these. No other script may stand in a page.
const (
	blockBegin = `<script type="application/ld+json">`
	blockEnd   = `</script>`
)

// page checks what a page of a period tells search engines, and that no page holds
// any other script.
func (v *verification) page(name string, file []byte) {
	before, rest, found := bytes.Cut(file, []byte(blockBegin))
	block, after, closed := bytes.Cut(rest, []byte(blockEnd))
	if bytes.Contains(bytes.ToLower(slices.Concat(before, after)), []byte("<script")) {
		v.found(name, "holds a script")
	}
	if strings.HasPrefix(name, "sites/") || strings.HasPrefix(name, "en/sites/") {
		v.dataBlock(name, block, found && closed)
	}
}

func (v *verification) dataBlock(page string, block []byte, found bool) {
	var s schemaPage
	if !found || json.Unmarshal(block, &s) != nil || len(s.Graph) == 0 {
		v.found(page, "holds no data block of schema.org")
		return
	}
	for _, d := range s.Graph {
		e, ok := v.tables[dataFolder+d.Identifier]
		switch {
		case !ok:
			v.found(page, "data block: %s is no data set of the folder", d.Identifier)
			continue
		case d.Temporal != e.Period.Start+"/"+e.Period.End || d.Published != e.TakenAt || d.Version != strconv.Itoa(e.Version) || !slices.Equal(d.Licences, e.licences()):
			v.found(page, "data block: period, day, version or licences of %s are not those of %s", d.Identifier, TableJSON)
		}
		var files []named
		for _, f := range d.Files {
			files = append(files, named{path.Join(path.Dir(page), f.URL), f.SHA256, strings.TrimSuffix(f.Size, " B")})
		}
		v.downloads(page, e, files)
	}
}
