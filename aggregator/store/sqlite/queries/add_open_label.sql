-- Gives a text of the open cells of one table an id.
insert into open_labels (statistic, period, grain, site, text, id) values (?, ?, ?, ?, ?, ?)
