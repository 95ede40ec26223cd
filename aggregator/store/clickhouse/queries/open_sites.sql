-- Reads the sites that have open cells.
select distinct site from open_cells
