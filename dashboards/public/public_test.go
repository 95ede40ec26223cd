package public_test

import (
	"os"
	"path/filepath"
	"testing"

	"oboro/dashboards/public"
)

func TestShow(t *testing.T) {
	w := newWorld(t)
	out := os.Getenv("SHOW")
	if out == "" {
		out = filepath.Join(w.dir, "out")
	}
	if err := public.Write(out, w.publication(w.all()...)); err != nil {
		t.Fatal(err)
	}
}
