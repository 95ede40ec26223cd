-- Takes the pages that deleting has freed out of the file.
pragma incremental_vacuum
