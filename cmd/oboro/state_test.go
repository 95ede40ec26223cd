package main

import "testing"

// TestControlGroup holds that the line of version 2 is read wherever it stands. Seen
// to fail when the first line is read.
func TestControlGroup(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		ok               bool
	}{
		{"version 2 alone", "0::/system.slice/oboro.service\n", "/system.slice/oboro.service", true},
		{"version 2 behind version 1", "12:memory:/old\n1:name=systemd:/init.scope\n0::/system.slice/oboro.service\n", "/system.slice/oboro.service", true},
		{"version 2 before version 1", "0::/new\n3:memory:/old\n", "/new", true},
		{"a number that ends with 0", "10::/not-this\n0::/this\n", "/this", true},
		{"a name with colons", "0::/user.slice/a::b\n", "/user.slice/a::b", true},
		{"the root", "0::/\n", "/", true},
		{"no end of line", "0::/this", "/this", true},
		{"version 1 alone", "4:memory:/old\n1:name=systemd:/init.scope\n", "", false},
		{"nothing", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := cgroup(tt.text); got != tt.want || ok != tt.ok {
				t.Errorf("cgroup(%q) = %q, %v, want %q, %v", tt.text, got, ok, tt.want, tt.ok)
			}
		})
	}
}
