package crosscheck

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// published returns a folder that the program itself wrote, of a month that is over: what
// readers get, and no fixture.
func published(t *testing.T) fs.FS {
	t.Helper()
	dir := t.TempDir()
	run(t, "../..", "go", "build", "-o", filepath.Join(dir, "oboro"), "./cmd/oboro")
	log, err := os.Create(filepath.Join(dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().AddDate(0, -2, 0)
	browsers := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
	}
	for i := range 600 {
		fmt.Fprintf(log, "133.%d.%d.7 - - [%s] \"GET / HTTP/1.1\" 200 512 \"-\" \"%s\"\n",
			200+i/200, i%200, at.Format("02/Jan/2006")+":12:00:00 +0900", browsers[i%2])
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "./oboro", "import", "--site", "demo", "access.log")
	run(t, dir, "./oboro", "publish", "--out", "public")
	return os.DirFS(filepath.Join(dir, "public"))
}

func run(t *testing.T, dir string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OBORO_DATA=data", "OBORO_CONFIG=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
