package sqlite

import (
	"cmp"
	"database/sql"
	"encoding/binary"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// packing is the first byte of packed measurements: the version of what follows.
//
// Groups follow, each of measurements that have measure, variance and number of keys in
// common: the measure (a byte), numerator and denominator of the variance (8 bytes each),
// the number of keys (a byte) and of measurements (4 bytes); then, of each measurement, the
// ids of its keys (4 bytes each) and its value (8 bytes). Numbers are big-endian, and signed
// ones two's complement. The order tells nothing; the migration that packed rows of before
// writes the same form.
const packing = 1

// groupHead is the length of a group before its measurements.
const groupHead = 1 + 8 + 8 + 1 + 4

// A group is what the measurements of a group have in common.
type group struct {
	measure                statistic.Measure
	numerator, denominator int64
	keys                   int
}

func (g group) length() int { return 4*g.keys + 8 }

// pack returns the measurements in the form of [packing], their keys in the scope.
func (t *transaction) pack(scope int64, list []store.Measurement) ([]byte, error) {
	list = sorted(list)
	err := t.meet(scope, func(yield func([]string) bool) {
		for i := 0; i < len(list) && yield(list[i].Keys); i++ {
		}
	}, 0)
	if err != nil {
		return nil, err
	}
	out := []byte{packing}
	var last group
	var count int // place of the number of measurements of the last group
	for i, m := range list {
		if i > 0 && byMeasure(list[i-1], m) == 0 {
			return nil, refusal("it has two measurements of one measure and the same keys")
		}
		g, err := groupOf(m)
		if err != nil {
			return nil, err
		}
		if i == 0 || g != last {
			last, count = g, len(out)+groupHead-4
			out = g.append(out, 0)
		}
		binary.BigEndian.PutUint32(out[count:], binary.BigEndian.Uint32(out[count:])+1)
		keys, err := t.ids(scope, m.Keys)
		if err != nil {
			return nil, err
		}
		for _, id := range keys[:g.keys] {
			out = binary.BigEndian.AppendUint32(out, uint32(id))
		}
		out = binary.BigEndian.AppendUint64(out, uint64(m.Value))
	}
	return out, nil
}

// sorted returns the measurements in the order in which they are read.
func sorted(list []store.Measurement) []store.Measurement {
	if slices.IsSortedFunc(list, byMeasure) {
		return list
	}
	return slices.SortedFunc(slices.Values(list), byMeasure)
}

// byMeasure orders measurements by measure and keys.
func byMeasure(a, b store.Measurement) int {
	return cmp.Or(cmp.Compare(a.Measure, b.Measure), slices.Compare(a.Keys, b.Keys))
}

func groupOf(m store.Measurement) (group, error) {
	if m.Sigma2 == nil || !m.Sigma2.Num().IsInt64() || !m.Sigma2.Denom().IsInt64() {
		return group{}, refusal("the variance of a measurement is missing, or is no fraction of 63-bit numbers")
	}
	return group{m.Measure, m.Sigma2.Num().Int64(), m.Sigma2.Denom().Int64(), len(m.Keys)}, nil
}

// append appends the head of the group, of n measurements.
func (g group) append(out []byte, n int) []byte {
	out = append(out, byte(g.measure))
	out = binary.BigEndian.AppendUint64(out, uint64(g.numerator))
	out = binary.BigEndian.AppendUint64(out, uint64(g.denominator))
	return binary.BigEndian.AppendUint32(append(out, byte(g.keys)), uint32(n))
}

const errPacked = refusal("measurements cannot be read, the store is damaged: stop oboro, keep the file, and go back to a copy")

// unpack reads what pack has written, in the order of measures and keys. texts are the
// texts of the scope by their ids.
func unpack(packed []byte, texts map[int64]string) ([]store.Measurement, error) {
	var list []store.Measurement
	groups, err := groupsOf(packed)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		sigma2 := big.NewRat(g.numerator, g.denominator)
		for body := g.body; len(body) > 0; body = body[g.length():] {
			m := store.Measurement{Measure: g.measure, Sigma2: sigma2, Value: int64(binary.BigEndian.Uint64(body[4*g.keys:]))}
			if m.Keys, err = keysOf(body[:4*g.keys], texts); err != nil {
				return nil, err
			}
			list = append(list, m)
		}
	}
	list = sorted(list)
	for i := 1; i < len(list); i++ {
		if byMeasure(list[i-1], list[i]) == 0 {
			return nil, errPacked
		}
	}
	return list, nil
}

// A packedGroup is a group with its measurements as they are packed.
type packedGroup struct {
	group
	body []byte
}

func (g packedGroup) measurements() int { return len(g.body) / g.length() }

// groupsOf returns the groups of packed measurements.
func groupsOf(packed []byte) ([]packedGroup, error) {
	if len(packed) == 0 || packed[0] != packing {
		return nil, errPacked
	}
	var groups []packedGroup
	for rest := packed[1:]; len(rest) > 0; {
		g, n, err := readHead(rest)
		if err != nil {
			return nil, err
		}
		body := rest[groupHead : groupHead+n*g.length()]
		groups = append(groups, packedGroup{g, body})
		rest = rest[groupHead+len(body):]
	}
	return groups, nil
}

// readHead reads the head of a group, and sees that its measurements are there, n of them.
func readHead(rest []byte) (g group, n int, err error) {
	if len(rest) < groupHead {
		return group{}, 0, errPacked
	}
	g = group{
		statistic.Measure(rest[0]), int64(binary.BigEndian.Uint64(rest[1:])),
		int64(binary.BigEndian.Uint64(rest[9:])), int(rest[17]),
	}
	n = int(binary.BigEndian.Uint32(rest[18:]))
	if int(g.measure) >= statistic.Measures || g.denominator < 1 || g.keys > maxKeys ||
		n < 1 || n > (len(rest)-groupHead)/g.length() {
		return group{}, 0, errPacked
	}
	return g, n, nil
}

func keysOf(ids []byte, texts map[int64]string) ([]string, error) {
	var keys []string
	for ; len(ids) > 0; ids = ids[4:] {
		text, ok := texts[int64(binary.BigEndian.Uint32(ids))]
		if !ok {
			return nil, errLabel
		}
		keys = append(keys, text)
	}
	return keys, nil
}

// texts returns the texts of a scope by their ids.
func (t *transaction) texts(scope int64) (map[int64]string, error) {
	texts := map[int64]string{}
	err := t.each(labelsQuery, func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		texts[id] = text
		return err
	}, scope)
	return texts, err
}
