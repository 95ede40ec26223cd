// Package dashboards turns tables into pages and files.
//
// It sees no store, no hit and no count that disclosure control has not passed:
// team accepts release.Table alone, and the published folder is served as it was
// written. New puts both behind one handler.
package dashboards

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"

	"oboro/dashboards/team"
)

// Config is what the dashboards need.
type Config struct {
	Team team.Config
	// Published is the published folder, served under /stats/. It may appear and be
	// replaced while the program runs. Empty: nothing is served there.
	Published string
}

// New returns the handler of the dashboards: the team's pages at the root, the
// published folder under /stats/.
func New(c Config) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", team.New(c.Team))
	mux.Handle("GET /stats/", http.StripPrefix("/stats", published(c.Published)))
	return mux
}

// publicPolicy is the team's policy; a published page has no script at all: what stands
// there for search engines is data, which no policy binds. Only
// what is made to be embedded may stand in a frame of another site.
const (
	publicPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors "
	noFrames     = "'none'"
	anyFrames    = "*"
)

// kinds are types of files that readers ask for by name, and that the library knows by what
// the machine has installed, or not at all.
var kinds = map[string]string{
	".jsonld": "application/ld+json", ".atom": "application/atom+xml", ".csv": "text/csv; charset=utf-8",
	".md": "text/markdown; charset=utf-8", ".parquet": "application/vnd.apache.parquet",
}

// published serves the files of a folder, and lists none of its directories. The
// folder is opened for each request, since publishing replaces it; nothing outside
// of it can be reached, not through symbolic links either.
func published(folder string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		frames := noFrames
		if strings.HasPrefix(path.Clean("/"+r.URL.Path), "/embed/") {
			frames = anyFrames
		}
		h := w.Header()
		h.Set("Content-Security-Policy", publicPolicy+frames)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache") // asked again each time: a correction shows at once
		if kind := kinds[path.Ext(r.URL.Path)]; kind != "" {
			h.Set("Content-Type", kind)
		}
		if folder == "" {
			http.NotFound(w, r)
			return
		}
		root, err := os.OpenRoot(folder)
		if err != nil { // nothing is published yet, or it is being replaced
			http.NotFound(w, r)
			return
		}
		defer root.Close()
		http.FileServerFS(files{root.FS()}).ServeHTTP(w, r)
	})
}

// files is a file system in which directories without an index page, and what
// cannot be opened for any reason, are not there.
type files struct{ fs.FS }

// Open opens the file of that name.
func (f files) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		_, err = fs.Stat(f.FS, path.Join(name, "index.html"))
	}
	if err != nil {
		_ = file.Close() // it was only read
		return nil, fs.ErrNotExist
	}
	return file, nil
}
