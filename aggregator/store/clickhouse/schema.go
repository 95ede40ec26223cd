package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// schema holds the migrations, numbered from 0001 without a gap, one statement a file:
// those of a single server and those of a cluster, with the same columns. One that was
// released is never edited, and each may run again.
//
//go:embed schema/single/*.sql schema/cluster/*.sql
var schema embed.FS

// migrations returns the texts of the migrations in their order. The embedded files cannot
// be missing, so an error is a broken build.
func migrations(kind string) []string {
	names, err := fs.Glob(schema, "schema/"+kind+"/*.sql")
	if err != nil || len(names) == 0 {
		panic("clickhouse: no migrations are embedded")
	}
	var texts []string
	for _, name := range names { // sorted by Glob
		text, err := schema.ReadFile(name)
		if err != nil {
			panic("clickhouse: a migration cannot be read: " + name)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// kind names the folder of the DSN's migrations.
func (d *DSN) kind() string {
	if d.cluster == "" {
		return "single"
	}
	return "cluster"
}

// statements puts the names of the DSN in the place of those that migrations are written
// with, so that they can be pasted. Both are identifiers.
func (d *DSN) statements() *strings.Replacer {
	return strings.NewReplacer("database if not exists oboro", "database if not exists "+d.database,
		" on cluster oboro", " on cluster "+d.cluster, " oboro.", " "+d.database+".",
		"/clickhouse/oboro/", "/clickhouse/"+d.database+"/")
}

// migrate makes or brings up the schema, on the first host that answers. It goes forward
// only; what was cut short is done again. The version is noted on each shard last.
func migrate(ctx context.Context, d DSN) error {
	at := &shard{}
	for _, address := range d.hosts {
		conn, err := d.open(address, everywhere)
		if err != nil {
			return err
		}
		defer conn.Close()
		at.hosts = append(at.hosts, &host{address: address, conn: conn})
	}
	return at.try(ctx, func(ctx context.Context, h *host) error { return d.migrateOn(ctx, h) })
}

// everywhere is a database that each server has, and that any user may read.
const everywhere = "system"

func (d *DSN) migrateOn(ctx context.Context, h *host) error {
	version, err := d.version(ctx, h)
	if err != nil {
		return err
	}
	texts := migrations(d.kind())
	if done, err := brought(version, len(texts)); done || err != nil {
		return err
	}
	names := d.statements()
	create := createDatabaseQuery
	if d.cluster != "" {
		create = createDatabaseOnClusterQuery
		if err := d.allAnswer(ctx, h); err != nil {
			return err
		}
	}
	for _, text := range append([]string{create}, texts...) {
		if err := h.conn.Exec(ctx, names.Replace(text)); err != nil {
			return err
		}
	}
	return nil
}

// brought reports whether a store of a version is of that which this program knows. Of a newer one
// it is an error.
func brought(version, known int) (bool, error) {
	if version > known {
		return false, refusal(fmt.Sprintf("it was written by a newer oboro (schema %d, this one knows %d): "+
			"run that version, or go back to a copy from before", version, known))
	}
	return version == known, nil
}

// allAnswer fails if a server of the cluster does not answer: tables are made on all of them at
// once, and the others would wait for it for minutes.
func (d *DSN) allAnswer(ctx context.Context, h *host) error {
	shards, err := d.shards(ctx, h, everywhere)
	if err != nil {
		return err
	}
	defer closeAll(shards)
	for _, sh := range shards {
		for _, one := range sh.hosts {
			if err := one.conn.Ping(ctx); err != nil && ctx.Err() == nil && again(err) {
				return refusal(fmt.Sprintf("its tables are made on all servers of the cluster at once, and %s does not answer: start it", one.address))
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// noteVersion notes on each shard that its tables are there: the next start may ask any of them.
// A shard that does not answer waits for another start, and no collector waits for it.
func noteVersion(ctx context.Context, d DSN, shards []*shard) error {
	known := len(migrations(d.kind()))
	for _, sh := range shards {
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			version, err := d.version(ctx, h)
			if err != nil {
				return err
			}
			if done, err := brought(version, known); done || err != nil {
				return err
			}
			return insert(ctx, h, d.statements().Replace(addMigrationQuery), []uint32{uint32(known)})
		})
		if err != nil && (len(shards) == 1 || ctx.Err() != nil || !again(err)) {
			return err
		}
	}
	return nil
}

// version returns the version of the schema, 0 where there is none.
func (d *DSN) version(ctx context.Context, h *host) (int, error) {
	var there uint64
	if err := h.conn.QueryRow(ctx, hasMigrationsQuery, d.database).Scan(&there); err != nil || there == 0 {
		return 0, err
	}
	var version uint32
	err := h.conn.QueryRow(ctx, d.statements().Replace(migrationsQuery)).Scan(&version)
	return int(version), err
}

// insert writes the columns of one block.
func insert(ctx context.Context, h *host, query string, columns ...any) error {
	return h.insert(ctx, query, "", columns)
}

// insert writes the columns of one block, whose token is "" where its content tells it from
// others. The server is asked for its version each time: it may be another since the last one.
func (h *host) insert(ctx context.Context, query, token string, columns []any) error {
	version, err := h.conn.ServerVersion()
	if err != nil {
		return err
	}
	with := clickhouse.WithSettings(insertSettings(*version, h.quorum, token))
	batch, err := h.conn.PrepareBatch(clickhouse.Context(ctx, with), query)
	if err != nil {
		return err
	}
	defer batch.Close()
	for i, column := range columns {
		if err := batch.Column(i).Append(column); err != nil {
			return err
		}
	}
	return batch.Send()
}
