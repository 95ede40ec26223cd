package sqlite

import "embed"

// What the tests see of the inside.
var (
	OpenWithPatience           = open
	Classified                 = classified
	Migrations                 = migrations
	Queries          *embed.FS = &queries
)
