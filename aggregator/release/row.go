package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// Rows are most of what is written and read of tables, and package json took six times as
// long for them. What is written here are the bytes that it would write.

// MarshalJSON writes the row as one object: the columns by name, then the figure.
func (r EnvelopeRow) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 256)
	put := func(name, value string) {
		out = append(appendText(append(out, ','), name), ':')
		out = append(out, value...)
	}
	for i, name := range r.names {
		put(name, string(appendText(nil, r.Columns[i])))
	}
	for i, n := range []*int64{r.Value, r.Low, r.High, r.Raw} {
		value := "null"
		if n != nil {
			value = strconv.FormatInt(*n, 10)
		}
		put(figureColumns[i], value)
	}
	put("status", string(appendText(nil, string(r.Status))))
	put("release", string(appendText(nil, r.Release)))
	out[0] = '{'
	return append(out, '}'), nil
}

// appendText appends a string as JSON has it.
func appendText(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // cannot fail
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}

var errRow = errors.New("a row is not an object of texts and whole numbers")

// UnmarshalJSON reads what MarshalJSON writes. The columns keep the order of the
// file.
func (r *EnvelopeRow) UnmarshalJSON(text []byte) error {
	*r = EnvelopeRow{}
	next := tokensOf(text)
	if string(next()) != "{" {
		return errRow
	}
	for token := next(); string(token) != "}"; token = next() {
		name, err := stringOf(token)
		if err == nil {
			err = r.set(name, next())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *EnvelopeRow) set(name string, token []byte) (err error) {
	var value string
	switch name {
	case "value":
		r.Value, err = numberOf(token)
	case "ci95_low":
		r.Low, err = numberOf(token)
	case "ci95_high":
		r.High, err = numberOf(token)
	case "measured":
		r.Raw, err = numberOf(token)
	case "status":
		value, err = stringOf(token)
		r.Status = Status(value)
	case "release":
		r.Release, err = stringOf(token)
	default:
		value, err = stringOf(token)
		r.names, r.Columns = append(r.names, name), append(r.Columns, value)
	}
	return err
}

// tokensOf returns a function that returns the braces and values of flat JSON one after the
// other, and then nothing.
func tokensOf(text []byte) func() []byte {
	return func() []byte {
		text = bytes.TrimLeft(text, " \t\r\n,:")
		end := len(text)
		switch {
		case end == 0:
		case text[0] == '"':
			for end = 1; end < len(text) && text[end] != '"'; end++ {
				if text[end] == '\\' {
					end++
				}
			}
			end = min(end+1, len(text))
		case text[0] == '{', text[0] == '}', text[0] == '[', text[0] == ']':
			end = 1
		default:
			if i := bytes.IndexAny(text, " \t\r\n,:{}[]\""); i > 0 {
				end = i
			}
		}
		token := text[:end]
		text = text[end:]
		return token
	}
}

func stringOf(token []byte) (text string, err error) {
	if len(token) < 2 || token[0] != '"' {
		return "", errRow
	}
	for _, c := range token[1 : len(token)-1] {
		if c < ' ' || c > '~' || c == '\\' {
			return text, json.Unmarshal(token, &text)
		}
	}
	return string(token[1 : len(token)-1]), nil
}

// numberOf reads a whole number, or null.
func numberOf(token []byte) (*int64, error) {
	if string(token) == "null" {
		return nil, nil
	}
	n, err := strconv.ParseInt(string(token), 10, 64)
	if err != nil {
		return nil, errRow
	}
	return &n, nil
}
