package page

import (
	"slices"
	"strings"

	"oboro/collector/hit"
)

// Rules are what a site declares of its addresses. The zero Rules keep no parameter,
// know the built-in index files, and leave slash and case as they are. What
// [Rules.Settle] has not returned may not be used, but for these.
type Rules struct {
	// Parameters are the names of the query parameters that are kept.
	Parameters []string
	// Index are the names of the files that a server shows for their folder, in any
	// case; nil stands for the built-in ones.
	Index []string
	Slash Slash
	// Lower says that the server takes capitals for small letters, which pages, names
	// and values are then written in.
	Lower bool
}

// A Slash says what the slash at the end of a path means.
type Slash uint8

const (
	Keep  Slash = iota // with and without one are two pages
	Strip              // pages but the root are written without
	Add                // pages but those with an extension are written with one
)

// Settle returns the rules as they are used: parameters sorted, index files in small
// letters. Where a name cannot be one it is returned, with false; where there are too many
// parameters, the first of these.
func (r Rules) Settle() (settled Rules, bad string, ok bool) {
	r.Parameters = slices.Clone(r.Parameters)
	for i, name := range r.Parameters {
		if !hit.IsParameter(name) || i >= hit.MaxParameters {
			return Rules{}, name, false
		}
		if r.Lower {
			r.Parameters[i] = strings.ToLower(name)
		}
	}
	slices.Sort(r.Parameters)
	r.Parameters = slices.Compact(r.Parameters)
	r.Index = slices.Clone(r.Index)
	for i, name := range r.Index {
		if !isFileName(name) {
			return Rules{}, name, false
		}
		r.Index[i] = strings.ToLower(name)
	}
	return r, "", true
}

// isFileName reports whether an index file may have the name.
func isFileName(name string) bool {
	for i := range len(name) {
		if class(name[i]) == 0 && strings.IndexByte("-_.", name[i]) < 0 {
			return false
		}
	}
	return len(name) <= longestIndex && strings.Trim(name, ".") != ""
}

// longestIndex is the longest name of an index file, in bytes.
const longestIndex = 64

// BuiltIn are the index files of sites that declare none: those of Apache, nginx, PHP
// and IIS.
func BuiltIn() []string { return []string{"index.html", "index.htm", "index.php", "default.aspx"} }

// isIndex reports whether a file of that name is what a server shows for its
// folder.
func (r *Rules) isIndex(name string) bool {
	if r.Index != nil {
		return len(name) <= longestIndex && slices.Contains(r.Index, strings.ToLower(name))
	}
	if len(name) < len("index.htm") || len(name) > len("default.aspx") {
		return false
	}
	switch strings.ToLower(name) {
	case "index.html", "index.htm", "index.php", "default.aspx":
		return true
	}
	return false
}

// Cut takes query and fragment off, and keeps no parameter. An empty path becomes "/".
func Cut(target string) string {
	if path := target[:firstOf(target, '?')]; path != "" {
		return path
	}
	return "/"
}

// Cut returns the path of target and, of the declared parameters in their order, the
// values as they stand in it: the first that is not empty. All are parts of target. An
// empty path becomes "/".
func (r *Rules) Cut(target string) (path string, values [hit.MaxParameters]string) {
	end := firstOf(target, '?')
	if path = target[:end]; path == "" {
		path = "/"
	}
	if len(r.Parameters) == 0 || end == len(target) || target[end] == '#' {
		return path, values
	}
	query, _, _ := strings.Cut(target[end+1:], "#")
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		if value == "" {
			continue
		}
		if i := r.parameter(name); i >= 0 && values[i] == "" {
			values[i] = value
		}
	}
	return path, values
}

// parameter returns the place of a parameter among the declared, or -1. Its name may be
// encoded.
func (r *Rules) parameter(name string) int {
	if strings.IndexByte(name, '%') >= 0 {
		name, _ = decode(name)
	}
	for i, declared := range r.Parameters {
		if name == declared || r.Lower && len(name) == len(declared) && strings.EqualFold(name, declared) {
			return i
		}
	}
	return -1
}

// query returns the query of a page with these values, and its question mark.
func (r *Rules) query(values *[hit.MaxParameters]string) string {
	query, sign := "", "?"
	for i, name := range r.Parameters {
		if values[i] != "" {
			query += sign + name + "=" + r.value(name, values[i])
			sign = "&"
		}
	}
	return query
}

// value returns the value of a parameter as a page may hold it.
func (r *Rules) value(name, text string) string {
	if len(text) > len("%00")*hit.MaxValue {
		return token
	}
	text, ok := normal(text)
	if !ok {
		return token
	}
	text = r.settle(text)
	if _, ok := hit.ParsePage("/?" + name + "=" + text); !ok || strings.IndexByte(text, '&') >= 0 {
		return token
	}
	return text
}
