package release

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"oboro/aggregator/statistic"
)

// The parts of a Data Package 2.0 descriptor that are used here.
type (
	dataPackage struct {
		Schema      string         `json:"$schema"`
		Name        string         `json:"name"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Titles      statistic.Text `json:"titles"`
		Version     string         `json:"version"`
		Created     string         `json:"created"`
		Licences    []Licence      `json:"licenses"`
		Resources   []resource     `json:"resources"`
	}
	resource struct {
		Name      string       `json:"name"`
		Path      string       `json:"path"`
		Type      string       `json:"type,omitempty"`
		Format    string       `json:"format"`
		MediaType string       `json:"mediatype"`
		Encoding  string       `json:"encoding,omitempty"`
		Hash      string       `json:"hash"`
		Bytes     int          `json:"bytes"`
		Schema    *tableSchema `json:"schema,omitempty"`
	}
	tableSchema struct {
		Fields        []tableField `json:"fields"`
		PrimaryKey    []string     `json:"primaryKey"`
		MissingValues []string     `json:"missingValues"`
	}
	tableField struct {
		Name        string            `json:"name"`
		Type        string            `json:"type"`
		Title       string            `json:"title"`
		Titles      statistic.Text    `json:"titles"`
		Constraints *tableConstraints `json:"constraints,omitempty"`
	}
	tableConstraints struct {
		Required bool     `json:"required,omitempty"`
		Minimum  *int64   `json:"minimum,omitempty"`
		Enum     []Status `json:"enum,omitempty"`
	}
)

// fieldTitles are the titles of the columns that every table may have.
var fieldTitles = map[string]statistic.Text{
	"period_start": {JA: "期間の初日", EN: "First day of the period"},
	"period_end":   {JA: "期間の末日", EN: "Last day of the period"},
	"measure":      {JA: "数えたもの", EN: "What is counted"},
	"value":        {JA: "件数（0以上に丸めた値）", EN: "Count, clamped at 0 and rounded"},
	"ci95_low":     {JA: "95%の範囲の下限", EN: "Lower end of the 95% range"},
	"ci95_high":    {JA: "95%の範囲の上限", EN: "Upper end of the 95% range"},
	"measured":     {JA: "誤差を加えた測定値（負の値もある）", EN: "Noisy measurement; may be negative"},
	"status":       {JA: "F 公表、B 少数のため非公表、N 測定なし、W 取り下げ", EN: "F published, B below threshold, N not measured, W withdrawn"},
	"release":      {JA: "公表番号", EN: "Release"},
	"page":         {JA: "ページ", EN: "Page"},
	"device":       {JA: "端末の種類", EN: "Device"},
	"browser":      {JA: "ブラウザ", EN: "Browser"},
	"system":       {JA: "OS", EN: "Operating system"},
	"country":      {JA: "国・地域（ISO 3166-1）", EN: "Country or region (ISO 3166-1)"},
	"language":     {JA: "言語（ISO 639-1）", EN: "Language (ISO 639-1)"},
	"hour":         {JA: "時", EN: "Hour"},
	"viewport":     {JA: "画面の幅（CSS ピクセル）", EN: "Width of the window (CSS pixels)"},
	"input":        {JA: "入力方法", EN: "Input"},
	"motion":       {JA: "動き", EN: "Motion"},
	"contrast":     {JA: "コントラスト", EN: "Contrast"},
	"colours":      {JA: "配色", EN: "Colours"},
	"theme":        {JA: "テーマ", EN: "Theme"},
	"channel":      {JA: "流入経路", EN: "Channel"},
	"region":       {JA: "都道府県（ISO 3166-2）", EN: "Prefecture (ISO 3166-2)"},

	"network-class": {JA: "ネットワークの種類", EN: "Kind of network"},
}

func (r Release) dataPackage(e Edition, files map[string][]byte, columns []string) dataPackage {
	p := dataPackage{
		Schema: "https://datapackage.org/profiles/2.0/datapackage.json",
		Name:   strings.ReplaceAll(strings.ToLower(r.Name()), "/", "-"),
		Title:  r.statistic.Title.EN, Description: r.statistic.Purpose.EN, Titles: r.statistic.Title,
		// A correction changes values or texts under the same columns.
		Version: strconv.Itoa(r.version) + ".0.0", Created: e.Day.String() + "T00:00:00Z", Licences: e.Licences,
	}
	schema := &tableSchema{Fields: fieldsOf(columns), PrimaryKey: columns, MissingValues: []string{""}}
	for _, f := range []resource{
		{Name: "table", Path: TableCSV, Type: "table", Format: "csv", MediaType: "text/csv", Schema: schema},
		{Name: "table-excel", Path: TableExcel, Type: "table", Format: "csv", MediaType: "text/csv", Schema: schema},
		{Name: "table-json", Path: TableJSON, Format: "json", MediaType: "application/json"},
		{Name: "table-parquet", Path: TableParquet, Format: "parquet", MediaType: "application/vnd.apache.parquet"},
	} {
		if f.Format != "parquet" {
			f.Encoding = "utf-8"
		}
		f.Bytes, f.Hash = len(files[f.Path]), "sha256:"+Hash(files[f.Path])
		p.Resources = append(p.Resources, f)
	}
	return p
}

// fieldsOf describes the columns of a table: those before the figure, and the figure.
func fieldsOf(columns []string) []tableField {
	zero := int64(0)
	var fields []tableField
	for _, name := range slices.Concat(columns, figureColumns) {
		f := tableField{Name: name, Type: "string", Titles: fieldTitles[name]}
		switch name {
		case "period_start", "period_end":
			f.Type, f.Constraints = "date", &tableConstraints{Required: true}
		case "value", "ci95_low", "ci95_high":
			f.Type, f.Constraints = "integer", &tableConstraints{Minimum: &zero}
		case "measured":
			f.Type = "integer"
		case "status":
			f.Constraints = &tableConstraints{Required: true, Enum: []Status{Published, Small, Missing, Withdrawn}}
		default:
			f.Constraints = &tableConstraints{Required: true}
		}
		f.Title = f.Titles.EN
		fields = append(fields, f)
	}
	return fields
}

// Hash returns the SHA-256 of a file in hex.
func Hash(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}
