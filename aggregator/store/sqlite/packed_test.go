package sqlite_test

import (
	"bytes"
	"math/big"
	"path/filepath"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// TestDamagedMeasurementsAreTold damages a row of packed measurements in each way that
// can be told, and reads it: the error says that the store is damaged, and what to do;
// nothing is given. Seen to fail when the version was not looked at, when the length of a
// group was not (a panic), when a measure, a number of keys or of measurements, or a
// denominator of no meaning was taken, when a key was there twice, and when a label that is missing was left out.
func TestDamagedMeasurementsAreTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s := open(t, path)
	of := seal("/")
	of.Tables[0].Measurements = []store.Measurement{
		{Keys: []string{"a"}, Measure: statistic.Visits, Value: 5, Sigma2: big.NewRat(495, 1)},
		{Keys: []string{"b"}, Measure: statistic.Visits, Value: -5, Sigma2: big.NewRat(495, 1)},
	}
	must(t, s.WriteSeal(t.Context(), of))
	db := raw(t, path)
	var whole []byte
	must(t, db.QueryRow(`select packed from measured`).Scan(&whole))
	changed := func(at int, to ...byte) []byte {
		damaged := bytes.Clone(whole)
		copy(damaged[at:], to)
		return damaged
	}
	damages := map[string][]byte{
		"another version":        changed(0, 2),
		"a measure of no name":   changed(1, byte(statistic.Measures)),
		"no denominator":         changed(10, make([]byte, 8)...),
		"a negative denominator": changed(10, 0xff),
		"a fourth key":           changed(18, append([]byte{4, 0, 0, 0, 1}, bytes.Repeat(whole[23:27], 4)...)...),
		"a measurement too many": changed(22, 3),
		"one too few":            changed(22, 1),
		"a group of none":        append(bytes.Clone(whole), changed(19, 0, 0, 0, 0)[1:23]...),
		"a label of no text":     changed(23, whole[23]^1),
		"the same key twice":     changed(35, whole[23:27]...),
		"a byte too many":        append(bytes.Clone(whole), 0),
	}
	for n := 31; n < len(whole); n++ {
		damages["cut"+strings.Repeat(".", len(whole)-n)] = whole[:n]
	}
	for name, damage := range damages {
		_, err := db.Exec(`update measured set packed = ?`, damage)
		must(t, err)
		seals, err := s.Seals(t.Context(), "a", "pages", monday, monday)
		if err == nil || !strings.Contains(err.Error(), "the store is damaged: stop oboro, keep the file") || seals != nil {
			t.Errorf("%s: Seals = %+v, %v, want an error that says that the store is damaged", name, seals, err)
		}
	}
	_, err := db.Exec(`update measured set packed = ?`, whole)
	must(t, err)
	if seals, err := s.Seals(t.Context(), "a", "pages", monday, monday); err != nil || len(seals[0].Tables[0].Measurements) != 2 {
		t.Errorf("Seals of what is whole again = %+v, %v", seals, err)
	}
}
