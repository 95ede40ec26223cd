package flat

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"
)

// A Range is where a country's addresses begin; they end where the next range begins.
type Range struct {
	// Start is an IPv4 address, or the first 64 bits of an IPv6 address.
	Start uint64
	Code  string // of the country; "" is the unknown one
}

// Ranges are what a table is made of. Both lists ascend and begin at 0.
type Ranges struct {
	Date   time.Time
	V4, V6 []Range
}

var (
	errOrder = errors.New("the ranges do not ascend from 0")
	errMany  = errors.New("there are more countries than numbers for them")
	errFine  = errors.New("too many networks of IPv4 are finer than /24")
)

// A writer makes a table.
type writer struct {
	numbers   map[string]byte
	countries []byte
	index4    []byte
	nodes4    []byte
	finer4    []change
	pages6    []byte
	blocks6   []byte
}

// A change is from where on addresses have a number.
type change struct {
	start  uint64
	number byte
}

// Bytes returns the table of these ranges. The same ranges give the same bytes.
func (r Ranges) Bytes() ([]byte, error) {
	w := &writer{numbers: map[string]byte{"": 0}}
	for _, list := range [][]Range{r.V4, r.V6} {
		if err := w.number(list); err != nil {
			return nil, err
		}
	}
	w.v4(merged(r.V4))
	w.pages6 = make([]byte, page)
	w.v6(merged(r.V6), 0, first6)
	if len(w.finer4) > 1<<16-1 {
		return nil, errFine
	}
	return w.bytes(r.Date), nil
}

// number numbers the countries of a list, and looks at its order.
func (w *writer) number(list []Range) error {
	if len(list) == 0 || list[0].Start != 0 {
		return errOrder
	}
	for i, r := range list {
		if i > 0 && r.Start <= list[i-1].Start {
			return errOrder
		}
		if _, ok := w.numbers[r.Code]; ok {
			continue
		}
		if len(w.numbers) == finer {
			return errMany
		}
		w.numbers[r.Code] = byte(len(w.numbers))
		w.countries = append(w.countries, r.Code...)
	}
	return nil
}

// merged returns the ranges of which no two neighbours are of one country.
func merged(list []Range) []Range {
	kept := list[:1:1]
	for _, r := range list[1:] {
		if r.Code != kept[len(kept)-1].Code {
			kept = append(kept, r)
		}
	}
	return kept
}

func (w *writer) v4(list []Range) {
	for first := uint64(0); first < 1<<32; first += 1 << 16 {
		var within []Range
		within, list = split(list, first, first+1<<16-1)
		entry := alone | uint32(w.numbers[within[0].Code])
		if len(within) > 1 {
			entry = w.node(within)
		}
		w.index4 = binary.LittleEndian.AppendUint32(w.index4, entry)
	}
}

// node adds the node for the ranges of a /16, and returns its entry.
func (w *writer) node(list []Range) uint32 {
	var head [node]byte
	var numbers []byte
	for i, first := uint64(0), list[0].Start; i < 256; i, first = i+1, first+1<<8 {
		var within []Range
		within, list = split(list, first, first+1<<8-1)
		number := w.numbers[within[0].Code]
		if len(within) > 1 {
			number = finer
			w.finer4 = append(w.finer4, w.changes(within)...)
		}
		if i%64 == 0 {
			head[before+i/64] = byte(len(numbers))
		}
		if i == 0 || number != numbers[len(numbers)-1] {
			head[i/8] |= 1 << (i % 8)
			numbers = append(numbers, number)
		}
	}
	if len(numbers) == 1 { // each /24 has more than one
		return alone | finer
	}
	at := len(w.nodes4)
	w.nodes4 = append(append(w.nodes4, head[:]...), numbers...)
	return uint32(at)
}

// v6 fills the page for the 8 bits from shift on, and those below it. The ranges begin
// where the page does.
func (w *writer) v6(list []Range, number uint32, shift int) {
	for i, first := 0, list[0].Start; i < 256; i, first = i+1, first+1<<shift {
		var within []Range
		within, list = split(list, first, first+1<<shift-1)
		entry := alone | uint32(w.numbers[within[0].Code])
		switch changes := len(within) - 1; {
		case changes > few:
			entry = uint32(len(w.pages6) / page)
			w.pages6 = append(w.pages6, make([]byte, page)...)
			w.v6(within, entry, shift-8)
		case changes > 0:
			entry = block | uint32(len(w.blocks6))
			w.blocks6 = appendBlock(w.blocks6, w.numbers[within[0].Code], w.changes(within[1:]))
		}
		binary.LittleEndian.PutUint32(w.pages6[int(number)*page+i*entries:], entry)
	}
}

// changes returns the ranges with the numbers of their countries.
func (w *writer) changes(list []Range) (changes []change) {
	for _, r := range list {
		changes = append(changes, change{r.Start, w.numbers[r.Code]})
	}
	return changes
}

// split returns the ranges from first to last, and those from there on, both of which
// begin where they are said to: a range that goes on beyond last is in both.
func split(list []Range, first, last uint64) (within, rest []Range) {
	n := 1
	for n < len(list) && list[n].Start <= last {
		n++
	}
	within = append([]Range{{first, list[0].Code}}, list[1:n]...)
	rest = list[n-1:]
	if n < len(list) && list[n].Start == last+1 {
		rest = list[n:]
	}
	return within, rest
}

// appendBlock adds a block: a number, and those from each change on.
func appendBlock(b []byte, number byte, changes []change) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(len(changes)))
	for _, c := range changes {
		b = binary.LittleEndian.AppendUint64(b, c.start)
	}
	b = append(b, number)
	for _, c := range changes {
		b = append(b, c.number)
	}
	return b
}

func (w *writer) bytes(date time.Time) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), version)
	b = append(b, make([]byte, sha256.Size)...)
	b = binary.LittleEndian.AppendUint64(b, uint64(date.Unix()))
	finer4 := appendBlock(nil, 0, w.finer4)
	list := [parts][]byte{w.countries, w.index4, w.nodes4, finer4, w.pages6, w.blocks6}
	for _, part := range list {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
	}
	for _, part := range list {
		b = append(b, part...)
	}
	sum := sha256.Sum256(b[dateAt:])
	copy(b[sumAt:], sum[:])
	return b
}
