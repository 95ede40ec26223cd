package clickhouse

import (
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"oboro/aggregator/store"
)

// quorumTime bounds how long a server waits for the other replicas of a quorum. It is shorter
// than reading, so that the server says that they are missing.
const quorumTime = 20 * time.Second

// insertSettings returns what an insert sets on a server of a version: an unknown setting is an
// error on any, and those of before 20.2 take numbers alone. Releases from 22.3 on may gather
// inserts before they write them, and answer sooner: a batch is written before it counts as taken.
// They also know a block by a token, whatever its bytes; older ones know it by its content.
func insertSettings(v driver.ServerVersion, quorum int, token string) clickhouse.Settings {
	settings := clickhouse.Settings{}
	if quorum > 0 {
		settings["insert_quorum"] = quorum
		settings["insert_quorum_timeout"] = int(quorumTime / time.Millisecond)
	}
	version := v.Version
	if version.Major < 22 || version.Major == 22 && version.Minor < 3 {
		return settings
	}
	settings["async_insert"] = 0
	if token != "" {
		settings["insert_deduplication_token"] = token
	}
	return settings
}

// tokenOf names the block of a batch that begins at a row of what the batch has for a shard. The
// server adds the partition, which is of one site; so where a site goes on in another block, the
// name tells at which of its rows.
func tokenOf(id store.BatchID, part []store.Cell, from int) string {
	row := 0
	for row < from && part[from-row-1].Site == part[from].Site {
		row++
	}
	return fmt.Sprintf("%x-%d", id, row)
}
