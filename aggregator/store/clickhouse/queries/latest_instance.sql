-- Reads the latest process of a collector: of two that began at once, the one with the greater name.
select number, nonce from instances where collector = ? order by number desc, nonce desc limit 1
