package release

import (
	"fmt"
	"strconv"
	"strings"

	"oboro/aggregator/statistic"
)

// Catalogue is the list of all data sets for catalogues of open data, in DCAT.
const Catalogue = dataFolder + "dcat.jsonld"

// A Distribution is a file of a data set, as catalogues list it.
type Distribution struct {
	Path      string `json:"path"` // below data/v1
	MediaType string `json:"media_type"`
	Bytes     int    `json:"bytes"`
	SHA256    string `json:"sha256"`
	name      string
}

// kinds are the files of a data set, with their media types.
var kinds = []struct{ name, media string }{
	{TableCSV, "text/csv"}, {TableExcel, "text/csv"}, {TableJSON, "application/json"},
	{TableParquet, "application/vnd.apache.parquet"},
	{ReadmeJA, "text/markdown"}, {ReadmeEN, "text/markdown"}, {DataPackage, "application/json"},
	{ManifestOf, "text/plain"}, {ManifestSig, "text/plain"},
}

// A File is what lists of a folder say of one of its files.
type File struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// FileOf returns what lists say of a file.
func FileOf(content []byte) File { return File{len(content), Hash(content)} }

// Files are the files of a folder by path.
type Files map[string]File

func (f Files) has(path string) bool {
	_, ok := f[path]
	return ok
}

// Distributions returns the files that the folder has of a data set. Those of the first
// format have fewer.
func (e Envelope) Distributions(files Files) []Distribution {
	var list []Distribution
	for _, kind := range kinds {
		if file, ok := files[dataFolder+e.Name+"/"+kind.name]; ok {
			list = append(list, Distribution{e.Name + "/" + kind.name, kind.media, file.Bytes, file.SHA256, kind.name})
		}
	}
	return list
}

// An object is a node of linked data. Its keys are written in alphabetical order.
type object = map[string]any

func id(address string) linkedID { return linkedID{ID: address} }

// a names a thing with its class. What reads a catalogue alone, as the validators of DCAT-AP do,
// knows nothing else of a language or a licence.
func a(class, address string) linkedID { return linkedID{address, class} }

type typedValue struct {
	Type  string `json:"@type"`
	Value string `json:"@value"`
}

func typed(value, kind string) typedValue { return typedValue{kind, value} }

// A tagged is a text in one language.
type tagged struct {
	Language string `json:"@language"`
	Value    string `json:"@value"`
}

// both is a text in both languages.
func both(t statistic.Text) []tagged { return []tagged{{"ja", t.JA}, {"en", t.EN}} }

// description says in a few sentences what a table is, to who finds it in a catalogue.
func (e Envelope) description() statistic.Text {
	return statistic.Text{
		JA: fmt.Sprintf("%sサイト %s の %s から %s までの訪問者・日（一つのブラウザの一日）などの件数です。プライバシーを守るために誤差を一度だけ加え、95%%の範囲を添えています。",
			e.Meta.Purpose.JA, e.Site, e.Period.Start, e.Period.End),
		EN: fmt.Sprintf("%s Counts of visitor-days (one browser on one day) or visits of the site %s from %s to %s. Noise was added once to protect visitors; each figure has its 95 %% range.",
			e.Meta.Purpose.EN, e.Site, e.Period.Start, e.Period.End),
	}
}

func (e Envelope) title() statistic.Text {
	return statistic.Text{
		JA: fmt.Sprintf("%s（%s、%s）", e.Meta.Title.JA, e.Site, e.Period.Name),
		EN: fmt.Sprintf("%s (%s, %s)", e.Meta.Title.EN, e.Site, e.Period.Name),
	}
}

func (e Envelope) licences() []string {
	var list []string
	for _, l := range e.Meta.Licences {
		list = append(list, l.Path)
	}
	return list
}

// The words of DCAT, and of the vocabularies that it takes others from.
var dcatContext = object{
	"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
	"rdfs": "http://www.w3.org/2000/01/rdf-schema#", "spdx": "http://spdx.org/rdf/terms#", "xsd": "http://www.w3.org/2001/XMLSchema#",
}

// authority has the terms for frequencies and languages that DCAT profiles ask for.
const authority = "http://publications.europa.eu/resource/authority/"

var frequencies = map[Cadence]linkedID{
	Monthly: a("dct:Frequency", authority+"frequency/MONTHLY"), Weekly: a("dct:Frequency", authority+"frequency/WEEKLY"),
}

var languages = []linkedID{a("dct:LinguisticSystem", authority+"language/JPN"), a("dct:LinguisticSystem", authority+"language/ENG")}

// DCAT returns the catalogue of the data sets: each version of each period, in a series
// for each table. Addresses are relative to it, as the folder knows no other; whoever
// harvests it has them whole. files are those of the folder.
func DCAT(tables []Envelope, files Files, agency statistic.Text) []byte {
	list := func(yield func(any) bool) {
		series := map[string]bool{}
		for _, e := range tables {
			at := e.Site + "/" + e.Statistic
			if !yield(e.dcat(files, agency)) || !series[at] && !yield(object{
				"@id": at + "/", "@type": []string{"dcat:Dataset", "dcat:DatasetSeries"}, "dct:title": both(e.Meta.Title), "dct:description": both(e.Meta.Purpose),
				"dct:publisher": agent(agency), "dct:accrualPeriodicity": frequencies[e.Query.Cadence],
			}) {
				return
			}
			series[at] = true
		}
	}
	return IndentedList(object{
		"@context": dcatContext, "@id": "dcat.jsonld", "@type": "dcat:Catalog",
		"dct:title":       both(statistic.Text{JA: agency.JA + " ウェブサイトの利用統計", EN: agency.EN + ": statistics of web sites"}),
		"dct:description": both(statistic.Text{JA: "訪問者のプライバシーを守って公表した、ウェブサイトの利用統計の一覧です。", EN: "Statistics of web sites, published so that no visitor can be told from them."}),
		"dct:publisher":   agent(agency), "dct:language": languages, "foaf:homepage": a("foaf:Document", "../../index.html"), "dcat:dataset": []any{},
	}, list)
}

func agent(name statistic.Text) object {
	return object{"@type": "foaf:Agent", "foaf:name": both(name)}
}

func (e Envelope) dcat(files Files, agency statistic.Text) dcatDataset {
	d := dcatDataset{
		ID: e.Name + "/", Type: "dcat:Dataset", Identifier: e.Name, Version: strconv.Itoa(e.Version),
		Title: both(e.title()), Description: both(e.description()), Publisher: agent(agency),
		Keywords: append(both(e.Meta.Title), both(statistic.Text{JA: "アクセス統計", EN: "web statistics"})...),
		Issued:   typed(e.TakenAt, "xsd:date"),
		Temporal: dcatPeriod{"dct:PeriodOfTime", typed(e.Period.End, "xsd:date"), typed(e.Period.Start, "xsd:date")},
		Language: languages, Licences: licences(e.licences()), Series: id(e.Site + "/" + e.Statistic + "/"),
		Frequency: frequencies[e.Query.Cadence],
	}
	if e.Version > 1 {
		d.Previous = id(fmt.Sprintf("%s/%s/%s/%d/", e.Site, e.Statistic, e.Period.Name, e.Version-1))
	}
	if page := "sites/" + e.Site + "/" + e.Period.Name + "/index.html"; files.has(page) {
		d.Page = a("foaf:Document", "../../"+page)
	}
	licence, rights := e.terms()
	for _, f := range e.Distributions(files) {
		d.Files = append(d.Files, dcatFile{
			ID: f.Path, Type: "dcat:Distribution", Title: f.name, Access: id(f.Path), Download: id(f.Path), Licence: licence, Rights: rights,
			MediaType: a("dct:MediaType", "https://www.iana.org/assignments/media-types/"+f.MediaType),
			Bytes:     typed(strconv.Itoa(f.Bytes), "xsd:nonNegativeInteger"),
			Checksum:  dcatChecksum{"spdx:Checksum", sha256Algorithm, typed(f.SHA256, "xsd:hexBinary")},
		})
	}
	return d
}

// terms returns what a file is under. DCAT-AP allows a file one licence; readers may choose among
// several, so a statement of rights names the others.
func (e Envelope) terms() (linkedID, *dcatRights) {
	list := e.licences()
	if len(list) == 0 {
		return linkedID{}, nil
	}
	var rights *dcatRights
	if len(list) > 1 {
		others := strings.Join(list[1:], ", ")
		rights = &dcatRights{"dct:RightsStatement", both(statistic.Text{JA: "次のライセンスを選ぶこともできます：" + others, EN: "Also under, as you choose: " + others})}
	}
	return a(licenceClass, list[0]), rights
}

var sha256Algorithm = a("spdx:ChecksumAlgorithm", "http://spdx.org/rdf/terms#checksumAlgorithm_sha256")

// A dcatDataset is a data set in DCAT. There may be tens of thousands of them with all their
// files, so they are no maps. The keys are in alphabetical order, as those of maps are.
type dcatDataset struct {
	ID          string     `json:"@id"`
	Type        string     `json:"@type"`
	Files       []dcatFile `json:"dcat:distribution"`
	Series      linkedID   `json:"dcat:inSeries"`
	Keywords    []tagged   `json:"dcat:keyword"`
	Page        linkedID   `json:"dcat:landingPage,omitzero"`
	Previous    linkedID   `json:"dcat:previousVersion,omitzero"`
	Version     string     `json:"dcat:version"`
	Frequency   linkedID   `json:"dct:accrualPeriodicity"`
	Description []tagged   `json:"dct:description"`
	Identifier  string     `json:"dct:identifier"`
	Issued      typedValue `json:"dct:issued"`
	Language    []linkedID `json:"dct:language"`
	Licences    []linkedID `json:"dct:license"`
	Publisher   object     `json:"dct:publisher"`
	Temporal    dcatPeriod `json:"dct:temporal"`
	Title       []tagged   `json:"dct:title"`
}

type dcatPeriod struct {
	Type  string     `json:"@type"`
	End   typedValue `json:"dcat:endDate"`
	Start typedValue `json:"dcat:startDate"`
}

type dcatFile struct {
	ID        string       `json:"@id"`
	Type      string       `json:"@type"`
	Access    linkedID     `json:"dcat:accessURL"`
	Bytes     typedValue   `json:"dcat:byteSize"`
	Download  linkedID     `json:"dcat:downloadURL"`
	MediaType linkedID     `json:"dcat:mediaType"`
	Licence   linkedID     `json:"dct:license,omitzero"`
	Rights    *dcatRights  `json:"dct:rights,omitempty"`
	Title     string       `json:"dct:title"`
	Checksum  dcatChecksum `json:"spdx:checksum"`
}

type dcatRights struct {
	Type  string   `json:"@type"`
	Label []tagged `json:"rdfs:label"`
}

type dcatChecksum struct {
	Type      string     `json:"@type"`
	Algorithm linkedID   `json:"spdx:algorithm"`
	Value     typedValue `json:"spdx:checksumValue"`
}

const licenceClass = "dct:LicenseDocument"

func licences(addresses []string) []linkedID {
	var list []linkedID
	for _, address := range addresses {
		list = append(list, a(licenceClass, address))
	}
	return list
}

// A Page is where tables are shown: its language, the way from it to the root of the
// folder, and who publishes, in its language.
type Page struct{ Lang, Root, Agency string }

// SchemaOrg returns the tables of one page as data sets of schema.org, for search
// engines.
func SchemaOrg(tables []Envelope, files Files, on Page) any {
	var list []object
	for _, e := range tables {
		list = append(list, e.schemaOrg(files, on))
	}
	return object{"@context": "https://schema.org/", "@graph": list}
}

func (e Envelope) schemaOrg(files Files, on Page) object {
	var measured, downloads []object
	for _, m := range e.Query.Measures {
		measured = append(measured, object{"@type": "PropertyValue", "name": m, "unitText": "count"})
	}
	for _, f := range e.Distributions(files) {
		downloads = append(downloads, object{
			"@type": "DataDownload", "name": f.name, "contentUrl": on.Root + dataFolder + f.Path, "encodingFormat": f.MediaType,
			"contentSize": strconv.Itoa(f.Bytes) + " B", "sha256": f.SHA256,
		})
	}
	agency := object{"@type": "Organization", "name": on.Agency}
	technique := statistic.Text{JA: "離散ガウス分布の誤差を一度だけ加えた件数（差分プライバシー）", EN: "Counts with discrete Gaussian noise added once (differential privacy)"}
	return object{
		"@type": "Dataset", "@id": on.Root + dataFolder + e.Name + "/", "identifier": e.Name, "name": e.title().In(on.Lang), "description": e.description().In(on.Lang),
		"inLanguage": []string{"ja", "en"}, "license": e.licences(), "version": strconv.Itoa(e.Version), "datePublished": e.TakenAt,
		"publisher": agency, "creator": agency,
		"isAccessibleForFree": true, "temporalCoverage": e.Period.Start + "/" + e.Period.End, "creditText": e.Meta.Citation.In(on.Lang),
		"variableMeasured": measured, "measurementTechnique": technique.In(on.Lang), "distribution": downloads,
		"includedInDataCatalog": object{"@type": "DataCatalog", "url": on.Root + Catalogue},
	}
}
