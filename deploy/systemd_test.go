package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnit holds that systemd knows every line of the unit. systemd-analyze ends
// with 0 where it does not, so any word of it is a failure. Seen to fail when
// ProtectSystem is misspelt.
func TestUnit(t *testing.T) {
	analyze := need(t, "systemd-analyze")
	unit := strings.ReplaceAll(read(t, "systemd/oboro.service"), program, oboro(t))
	path := filepath.Join(t.TempDir(), "oboro.service")
	if err := os.WriteFile(path, []byte(unit), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// In tenths: 1.5 of 10 is well within what systemd calls OK.
	out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=15", path).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security finds the unit more exposed than 1.5: %v\n%s", err, out)
	}
}

// TestUnitKeepsItsPromises holds the lines that a promise rests on, also where
// there is no systemd. Seen to fail when MemorySwapMax=0 is missing, and when the
// runtime directory is preserved no longer than the process.
func TestUnitKeepsItsPromises(t *testing.T) {
	unit := "\n" + read(t, "systemd/oboro.service")
	for line, why := range map[string]string{
		"MemorySwapMax=0":                  "the visitor state could be swapped to a disk",
		"LimitCORE=0":                      "a core dump could hold addresses",
		"RuntimeDirectory=oboro":           "there would be no state directory in RAM",
		"RuntimeDirectoryMode=0700":        "other users could reach the control socket",
		"RuntimeDirectoryPreserve=restart": "a restart would lose the day: the visitor state, and after a kill what was not flushed",
		"StateDirectoryMode=0700":          "other users could read open cells and the signing key",
		"User=oboro":                       "it would run as root",
		"ProtectSystem=strict":             "it could write anywhere",
		"IPAddressDeny=any":                "it could send something out",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("oboro.service lacks %s: %s", line, why)
		}
	}
}

// TestUser holds that systemd-sysusers can make the unit's user. Seen to fail when
// the line begins with a letter that it does not know.
func TestUser(t *testing.T) {
	path, err := filepath.Abs("systemd/oboro.sysusers.conf")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(need(t, "systemd-sysusers"), "--dry-run", path).CombinedOutput(); err != nil {
		t.Errorf("systemd-sysusers: %v\n%s", err, out)
	}
}
