package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"oboro/aggregator/ledger"
)

func edition(version int, files ...string) ledger.Publication {
	p := ledger.Publication{Dataset: "www/days", Period: "2026-04", Version: version, Files: map[string]string{}}
	for _, f := range append(files, "table.csv") {
		p.Files[f] = strings.Repeat("ab", 32)
	}
	return p
}

// TestPublishAll holds that many publications are written as one by one, that those which
// are known are not written again, and that one which is refused keeps none before it out.
// Seen to fail when knows says no, when size does not grow by all lines, and when what is
// refused ends the loop before the write.
func TestPublishAll(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	for range 2 {
		if err := l.PublishAll([]ledger.Publication{edition(1), edition(2, "more.csv")}); err != nil {
			t.Fatal(err)
		}
	}
	if size, _ := l.Tree(); size != 3 {
		t.Errorf("the ledger has %d records, want the first and two", size)
	}
	err := l.PublishAll([]ledger.Publication{edition(3, "third.csv"), edition(5), edition(4)})
	if err == nil || len(l.Published("www/days", "2026-04")) != 3 {
		t.Errorf("PublishAll with a version left out = %v and %d versions, want an error and 3", err, len(l.Published("www/days", "2026-04")))
	}
	l.Close()
	l = open(t, dir)
	if len(l.Published("www/days", "2026-04")) != 3 {
		t.Errorf("read again, there are %d versions, want 3", len(l.Published("www/days", "2026-04")))
	}
}

// TestWithdraw holds that a data set is withdrawn once, that one version follows, and none
// after it. Seen to fail when checkPublish does not ask for withdrawals, when accept notes
// no number of versions, and when checkWithdraw does not look whether it was published.
func TestWithdraw(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	w := ledger.Withdrawal{Dataset: "www/days", Period: "2026-04", Reason: ledger.Reason{JA: "誤り", EN: "An error"}}
	if err := l.Withdraw(w); err == nil {
		t.Error("what was never published was withdrawn")
	}
	if _, err := l.Publish(edition(1)); err != nil {
		t.Fatal(err)
	}
	wordless := w
	wordless.Reason.JA = "two\nlines"
	if err := l.Withdraw(wordless); err == nil {
		t.Error("a reason of two lines was taken")
	}
	for range 2 {
		if err := l.Withdraw(w); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	l = open(t, dir)
	if got, ok := l.Withdrawn("www/days", "2026-04"); !ok || got != w {
		t.Errorf("Withdrawn after another start = %v, %t", got, ok)
	}
	if size, _ := l.Tree(); size != 3 {
		t.Errorf("the ledger has %d records, want 3: a withdrawal is written once", size)
	}
	if _, err := l.Publish(edition(2, "erratum")); err != nil {
		t.Errorf("the version that shows the reason was refused: %v", err)
	}
	if _, err := l.Publish(edition(3, "figures")); !errors.Is(err, ledger.ErrWithdrawn) {
		t.Errorf("Publish after the withdrawal = %v, want ErrWithdrawn", err)
	}
}
