-- Takes the pages that a seal has freed out of the file.
pragma incremental_vacuum
