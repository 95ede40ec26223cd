package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// daily is visits on each of so many days: daily FILE TIME DAYS N PATH.
func daily(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 5 {
		ts.Fatalf("usage: daily file time days n path")
	}
	at, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	days, err := strconv.Atoi(args[2])
	ts.Check(err)
	for i := range days {
		visits(ts, false, []string{args[0], at.AddDate(0, 0, i).Format(time.RFC3339), args[3], args[4]})
	}
}

// summed compares a published table of pages with what the store has summed, all of it and
// in both directions: summed SITE FOLDER.
func summed(ts *testscript.TestScript, _ bool, args []string) {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[1] + "/table.csv"))).ReadAll()
	ts.Check(err)
	first, err := statistic.ParseDay(rows[1][0])
	ts.Check(err)
	data := ts.Getenv("OBORO_DATA")
	s, err := openStore(context.Background(), process{store: databaseOf(ts.Getenv("OBORO_TEST_STORE"), data)}, options{Data: data}, config{})
	ts.Check(err)
	defer s.Close()
	sums, err := s.Sums(context.Background(), args[0], "pages", first, first)
	ts.Check(err)
	if len(sums) != 1 || sums[0].Done != sums[0].Days || !sums[0].Closed {
		ts.Fatalf("the store has %d periods from %s, want one that is closed, with all shares", len(sums), first)
	}
	table := strings.Join(strings.Fields(ts.ReadFile(args[1]+"/table.json")), "")
	found := 0
	for _, m := range sums[0].Values {
		if strings.HasPrefix(m.Keys[0], "(calibration") {
			found++
			continue
		}
		if drawn := fmt.Sprintf(`"sigma2_sum":{"num":%d,"den":%d}`, m.Sigma2.Num(), m.Sigma2.Denom()); !strings.Contains(table, drawn) {
			ts.Fatalf("%s was summed with the variance %s, and the table says another", m.Keys[0], m.Sigma2)
		}
		i := slices.IndexFunc(rows, func(row []string) bool { return row[2] == m.Keys[0] })
		switch {
		case i < 0:
			ts.Fatalf("%s is not in the table", m.Keys[0])
		case m.Value < release.Threshold(10, m.Sigma2) && rows[i][7] != "B":
			ts.Fatalf("%s has the status %s, and was measured as %d", m.Keys[0], rows[i][7], m.Value)
		case rows[i][7] == "F" && rows[i][6] != strconv.FormatInt(m.Value, 10):
			ts.Fatalf("%s is published as %s, and the store has summed %d", m.Keys[0], rows[i][6], m.Value)
		}
	}
	if found != 32 || len(rows)-1 != len(sums[0].Values)-32 || strings.Count(table, `"calibration"`) != 1 {
		ts.Fatalf("%d keys were summed, %d of them for calibration, and %d rows published", len(sums[0].Values), found, len(rows)-1)
	}
}
