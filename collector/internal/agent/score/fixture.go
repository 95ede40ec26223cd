package main

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// A sample is one header of a fixture and what its authors say of it, in their words;
// what they say nothing of is empty. base is the family of the system.
type sample struct {
	userAgent, brands, mobile, platform string
	family, version, system, base       string
}

// read returns the samples of a file of uap-core or of Matomo's device-detector. Both
// are lists of mappings of plain values, written by programs in one form; this is no
// reader of YAML at large. In a file of systems (uap-core's test_os.yaml) the family
// is the system's.
func read(from io.Reader, ofSystems bool) ([]sample, error) {
	var list []sample
	var s *sample
	section := ""
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimPrefix(strings.TrimLeft(lines.Text(), " "), "- ")
		name, value, ok := strings.Cut(line, ":")
		value = plain(strings.TrimSpace(value))
		switch name = strings.ToLower(name); {
		case !ok || strings.HasPrefix(name, "#"):
		case name == "user_agent" || name == "user_agent_string":
			list = append(list, sample{userAgent: value})
			s, section = &list[len(list)-1], ""
		case s == nil:
		case value == "" && (name == "os" || name == "client" || name == "headers" || name == "device" || name == "bot"):
			section = name
		default:
			s.set(section, name, value, ofSystems)
		}
	}
	return list, lines.Err()
}

// set takes one value. device-detector's stand in sections, uap-core's do not.
func (s *sample) set(section, name, value string, ofSystems bool) {
	if name == "os_family" {
		s.base = value
		return
	}
	switch section + "." + name {
	case ".family":
		if ofSystems {
			s.system = value
		} else {
			s.family = value
		}
	case ".major", "client.version":
		if !ofSystems {
			s.version = value
		}
	case "client.name":
		s.family = value
	case "os.name":
		s.system = value
	case "headers.sec-ch-ua":
		s.brands = value
	case "headers.sec-ch-ua-mobile":
		s.mobile = value
	case "headers.sec-ch-ua-platform":
		s.platform = `"` + strings.Trim(value, `"`) + `"` // the fixtures leave the marks out, browsers do not
	}
}

// plain returns what a value says without its quotation marks.
func plain(value string) string {
	switch {
	case len(value) > 1 && value[0] == '\'' && strings.HasSuffix(value, "'"):
		return strings.ReplaceAll(value[1:len(value)-1], "''", "'")
	case len(value) > 1 && value[0] == '"':
		if text, err := strconv.Unquote(value); err == nil {
			return text
		}
	}
	return value
}
