package team

import (
	"embed"
	"html/template"
)

//go:embed templates/layout.html templates/figure.html templates/overview.html templates/period.html templates/statistic.html templates/quality.html templates/message.html
var files embed.FS

// parsePages returns the templates of each page. They are part of the program, so
// that a fault in them is found at the start.
func parsePages() map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range []string{"overview", "statistic", "quality", "message"} {
		pages[name] = template.Must(template.ParseFS(files,
			"templates/layout.html", "templates/figure.html", "templates/period.html", "templates/"+name+".html"))
	}
	return pages
}
