package sqlite

import "embed"

//go:embed queries/*.sql
var queries embed.FS

// The statements, one a file.
var (
	addBatchQuery       = statement("add_batch")
	addCellQuery        = statement("add_cell")
	addLabelQuery       = statement("add_label")
	addLabelsQuery      = statement("add_labels")
	addMeasuredQuery    = statement("add_measured")
	addOpenLabelQuery   = statement("add_open_label")
	addPackedCellsQuery = statement("add_packed_cells")
	addSealQuery        = statement("add_seal")
	addSealedTableQuery = statement("add_sealed_table")
	addShareQuery       = statement("add_share")
	beginEpochQuery     = statement("begin_epoch")
	cellsThatStayQuery  = statement("cells_that_stay")
	beginPeriodQuery    = statement("begin_period")
	checkpointQuery     = statement("checkpoint")
	claimQuery          = statement("claim")
	closePeriodQuery    = statement("close_period")
	dataVersionQuery    = statement("data_version")
	dropBatchesQuery    = statement("drop_batches")
	dropOpenCellsQuery  = statement("drop_open_cells")
	dropOpenLabelsQuery = statement("drop_open_labels")
	epochsQuery         = statement("epochs")
	findLabelQuery      = statement("find_label")
	findLabelsQuery     = statement("find_labels")
	findOpenLabelQuery  = statement("find_open_label")
	forgetCellsQuery    = statement("forget_cells")
	forgetLabelsQuery   = statement("forget_labels")
	forgetTablesQuery   = statement("forget_tables")
	hasLabelsQuery      = statement("has_labels")
	identityQuery       = statement("identity")
	isSealedQuery       = statement("is_sealed")
	labelIDsQuery       = statement("label_ids")
	labelsQuery         = statement("labels")
	measuredQuery       = statement("measured")
	openCellsQuery      = statement("open_cells")
	openLabelsQuery     = statement("open_labels")
	openPeriodQuery     = statement("open_period")
	ownsQuery           = statement("owns")
	packedCellsQuery    = statement("packed_cells")
	sealedTablesQuery   = statement("sealed_tables")
	sealsQuery          = statement("seals")
	settingsQuery       = statement("settings")
	setSumQuery         = statement("set_sum")
	statisticsQuery     = statement("statistics")
	sumsQuery           = statement("sums")
	vacuumQuery         = statement("vacuum")
)

// statement returns the text of an embedded file. A missing one is a broken build.
func statement(name string) string {
	text, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic("sqlite: no statement is embedded as " + name)
	}
	return string(text)
}
