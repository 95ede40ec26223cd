-- Reads how many lives the visitor state had on each day. A row that came twice is one.
select day, uniqExact(nonce) from epochs where day between ? and ? group by day
