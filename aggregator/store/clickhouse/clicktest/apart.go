package clicktest

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// apart says what a program has for itself. That needs root.
type apart struct {
	disk     string // a folder that is a small file system in memory
	diskSize int    // its bytes
	net      bool   // interfaces, of which it has none but loopback
}

// flags are those of clone.
func (a *apart) flags() (flags uintptr) {
	if a == nil {
		return 0
	}
	if a.disk != "" {
		flags |= syscall.CLONE_NEWNS
	}
	if a.net {
		flags |= syscall.CLONE_NEWNET
	}
	return flags
}

// wrap returns the command that mounts what the program has, and becomes the program. What is
// mounted goes with it, and nobody else sees it.
func (a *apart) wrap(name string, args []string) (string, []string) {
	if a == nil || a.disk == "" {
		return name, args
	}
	mount := fmt.Sprintf("mount --make-rprivate / && mount -t tmpfs -o size=%d tmpfs %q && exec \"$0\" \"$@\"", a.diskSize, a.disk)
	return "/bin/sh", append([]string{"-c", mount, name}, args...)
}

// Inside returns the path by which a file of the server is seen from outside.
func (n *Node) Inside(path string) string {
	return filepath.Join("/proc", fmt.Sprint(n.process.command.Process.Pid), "root", path)
}
