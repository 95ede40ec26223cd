package clickhouse

import "embed"

//go:embed queries/*.sql
var queries embed.FS

// The statements, one a file.
var (
	absentQuery                  = statement("absent")
	activePartsQuery             = statement("active_parts")
	addAbsencesQuery             = statement("add_absences")
	addEpochsQuery               = statement("add_epochs")
	addForgottenQuery            = statement("add_forgotten")
	addInstanceQuery             = statement("add_instance")
	addMarkQuery                 = statement("add_mark")
	addMeasurementsQuery         = statement("add_measurements")
	addMigrationQuery            = statement("add_migration")
	addOpenCellsQuery            = statement("add_open_cells")
	addPeriodQuery               = statement("add_period")
	addSealQuery                 = statement("add_seal")
	addSealedCellsQuery          = statement("add_sealed_cells")
	addSumQuery                  = statement("add_sum")
	agreedPartsQuery             = statement("agreed_parts")
	claimQuery                   = statement("claim")
	closePeriodQuery             = statement("close_period")
	closedPeriodsQuery           = statement("closed_periods")
	clusterQuery                 = statement("cluster")
	createDatabaseQuery          = statement("create_database")
	createDatabaseOnClusterQuery = statement("create_database_on_cluster")
	detachedPartsQuery           = statement("detached_parts")
	dropOpenCellsQuery           = statement("drop_open_cells")
	dropSumsQuery                = statement("drop_sums")
	epochsQuery                  = statement("epochs")
	forgetCellsQuery             = statement("forget_cells")
	forgettableQuery             = statement("forgettable")
	forgettablePartitionsQuery   = statement("forgettable_partitions")
	forgottenQuery               = statement("forgotten")
	hasDetachedPartsQuery        = statement("has_detached_parts")
	hasMigrationsQuery           = statement("has_migrations")
	isClosedQuery                = statement("is_closed")
	isSealedQuery                = statement("is_sealed")
	knownBlocksQuery             = statement("known_blocks")
	latestInstanceQuery          = statement("latest_instance")
	marksQuery                   = statement("marks")
	measurementsQuery            = statement("measurements")
	migrationsQuery              = statement("migrations")
	openCellsQuery               = statement("open_cells")
	openCellsOnClusterQuery      = statement("open_cells_on_cluster")
	openPartitionsQuery          = statement("open_partitions")
	openSitesQuery               = statement("open_sites")
	ownerQuery                   = statement("owner")
	partsQuery                   = statement("parts")
	periodsQuery                 = statement("periods")
	replicaPathQuery             = statement("replica_path")
	sealedCellsQuery             = statement("sealed_cells")
	sealedPartitionsQuery        = statement("sealed_partitions")
	sealsQuery                   = statement("seals")
	statisticsQuery              = statement("statistics")
	sumPartitionsQuery           = statement("sum_partitions")
	sumsQuery                    = statement("sums")
	syncAbsencesQuery            = statement("sync_absences")
	syncClosedPeriodsQuery       = statement("sync_closed_periods")
	syncEpochsQuery              = statement("sync_epochs")
	syncOpenCellsQuery           = statement("sync_open_cells")
	syncPeriodsQuery             = statement("sync_periods")
	syncSealsQuery               = statement("sync_seals")
	syncSumsQuery                = statement("sync_sums")
	zookeeperPathQuery           = statement("zookeeper_path")
)

// statement returns the text of an embedded file. A missing one is a broken build.
func statement(name string) string {
	text, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic("clickhouse: no statement is embedded as " + name)
	}
	return string(text)
}
