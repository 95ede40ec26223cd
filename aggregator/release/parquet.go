package release

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"oboro/aggregator/statistic"
)

// TableParquet is the table for programs that take columns. Its rows and columns are
// those of table.csv.
const TableParquet = "table.parquet"

// columnar is the schema of a table: columns in the order of table.csv. The library's own
// group sorts them by name.
type columnar struct {
	parquet.Group
	names []string
}

// Fields returns the columns in their order.
func (c columnar) Fields() []parquet.Field {
	fields := c.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(c.names, a.Name()) - slices.Index(c.names, b.Name())
	})
	return fields
}

// schemaOf returns the schema of the fields. Values are written plainly, without
// compression: tables are small, and every reader takes them.
func schemaOf(fields []tableField) *parquet.Schema {
	c := columnar{Group: parquet.Group{}}
	for _, f := range fields {
		c.names = append(c.names, f.Name)
		var node parquet.Node
		switch f.Type {
		case "date":
			node = parquet.Date()
		case "integer":
			node = parquet.Int(64)
		default:
			node = parquet.String()
		}
		node = parquet.Encoded(node, &parquet.Plain)
		if f.Type == "integer" {
			node = parquet.Optional(node)
		}
		c.Group[f.Name] = node
	}
	return parquet.NewSchema("table", c)
}

// parquet writes the rows. The same rows give the same bytes.
func (e Envelope) parquet() ([]byte, error) {
	fields := fieldsOf(e.columns())
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, schemaOf(fields), parquet.CreatedBy("oboro", strconv.Itoa(Format), "0"))
	for i, r := range e.Data {
		row, err := parquetRow(fields, r.record())
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// parquetRow returns a record of table.csv with its types. An empty number is none.
func parquetRow(fields []tableField, record []string) (parquet.Row, error) {
	var row parquet.Row
	for i, f := range fields {
		value, defined := parquet.Value{}, 0
		switch {
		case f.Type == "date":
			day, err := statistic.ParseDay(record[i])
			if err != nil {
				return nil, errors.New("is of no day")
			}
			value = parquet.Int32Value(int32(day))
		case f.Type == "integer" && record[i] != "":
			n, err := strconv.ParseInt(record[i], 10, 64)
			if err != nil {
				return nil, errors.New("holds no number")
			}
			value, defined = parquet.Int64Value(n), 1
		case f.Type != "integer":
			value = parquet.ByteArrayValue([]byte(record[i]))
		}
		row = append(row, value.Level(0, defined, i))
	}
	return row, nil
}

// parquet checks that table.parquet holds the rows of table.json, with their types.
func (v *verification) parquet(folder string, e Envelope) {
	at := folder + "/" + TableParquet
	file, ok := v.files[at]
	if !ok {
		v.found(at, "is missing")
		return
	}
	fields := fieldsOf(e.columns())
	records, err := readParquet(file, fields, len(e.Data))
	if err != nil {
		v.found(at, "%v", err)
		return
	}
	for i, r := range e.Data {
		if !slices.Equal(records[i], r.record()) {
			v.found(at, "row %d is not that of %s", i+1, TableJSON)
		}
	}
}

// readParquet returns the rows of a file as records of table.csv. The library may panic
// at what is no file of its kind; here that is an error, since whoever is checked made
// the file.
func readParquet(file []byte, fields []tableField, rows int) (records [][]string, err error) {
	defer func() {
		if recover() != nil {
			records, err = nil, errors.New("is damaged")
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, errors.New("is no Parquet file")
	}
	if f.Schema().String() != schemaOf(fields).String() {
		return nil, fmt.Errorf("the columns are not those of %s", TableCSV)
	}
	if f.NumRows() != int64(rows) {
		return nil, fmt.Errorf("does not hold the rows of %s", TableJSON)
	}
	for _, group := range f.RowGroups() {
		own, err := readRows(group.Rows(), fields)
		if err != nil {
			return nil, err
		}
		records = append(records, own...)
	}
	if len(records) != rows {
		return nil, errors.New("is damaged")
	}
	return records, nil
}

func readRows(rows parquet.Rows, fields []tableField) (records [][]string, err error) {
	defer rows.Close()
	buffer := make([]parquet.Row, 64)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			var record []string
			for i, value := range row {
				if !value.IsNull() && value.Kind() != kindOf(fields[i].Type) {
					return nil, errors.New("is damaged") // to read it as what it is not would end the program
				}
				record = append(record, textOf(value, fields[i].Type))
			}
			records = append(records, record)
		}
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil || n == 0 {
			return nil, errors.New("is damaged")
		}
	}
}

// kindOf returns what values of a column are.
func kindOf(kind string) parquet.Kind {
	switch kind {
	case "date":
		return parquet.Int32
	case "integer":
		return parquet.Int64
	}
	return parquet.ByteArray
}

// textOf writes a value as table.csv does.
func textOf(value parquet.Value, kind string) string {
	switch {
	case value.IsNull():
		return ""
	case kind == "date":
		return statistic.Day(value.Int32()).String()
	case kind == "integer":
		return strconv.FormatInt(value.Int64(), 10)
	}
	return string(value.ByteArray())
}
