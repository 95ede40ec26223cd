//go:build profile

package main

import (
	"log"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"time"
)

// With the build tag profile, which make profile sets and nothing that is shipped does,
// the program writes a CPU profile of its first second to a file in the folder
// OBORO_PROFILE, if that is set. A profile names functions and holds no data.
func init() {
	dir := os.Getenv("OBORO_PROFILE")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, strconv.Itoa(os.Getpid())))
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		log.Fatal(err)
	}
	time.AfterFunc(time.Second, func() {
		pprof.StopCPUProfile()
		f.Close()
	})
}
