package network

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"oboro/collector/hit"
)

//go:embed operators.txt
var operatorList string

// operators is the list of operators of Japan, and of its networks of research, by which
// the number of a network gives its domain.
type operators struct {
	domains map[uint32]hit.Host
	// classes are those of the listed domains, where they are not what the end of the
	// name says.
	classes map[string]hit.NetworkClass
}

var operatorsOf = sync.OnceValue(func() operators {
	list, bad := parseOperators(operatorList)
	if bad != "" {
		panic("the list of operators has a line that is none: " + bad)
	}
	return list
})

// parseOperators reads a list: on each line a number, a domain and, where it is not what
// the end of the domain says, the class; what follows a # is for readers. A domain that is
// no answer for a number has a - there. It returns the first line that is wrong, too.
func parseOperators(list string) (_ operators, bad string) {
	all := operators{map[uint32]hit.Host{}, map[string]hit.NetworkClass{}}
	for line := range strings.Lines(list) {
		fact, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(fact)
		if len(fields) == 0 {
			continue
		}
		if !all.add(fields) {
			return all, line
		}
	}
	return all, ""
}

func (o operators) add(fields []string) (ok bool) {
	if len(fields) < 2 || len(fields) > 3 {
		return false
	}
	domain, ok := Registrable(fields[1])
	if !ok || domain.Name() != fields[1] || !o.number(fields[0], domain) {
		return false
	}
	if len(fields) == 3 {
		o.classes[fields[1]], ok = hit.ParseNetworkClass(fields[2])
	} else if !strings.HasSuffix(fields[1], ".jp") {
		o.classes[fields[1]] = hit.Operators
	}
	return ok
}

func (o operators) number(text string, domain hit.Host) (ok bool) {
	if text == "-" {
		return true
	}
	number, err := strconv.ParseUint(text, 10, 32)
	_, isTwice := o.domains[uint32(number)]
	o.domains[uint32(number)] = domain
	return err == nil && number > 0 && !isTwice
}
