-- Says that a process takes hits as a collector from now on.
insert into instances (collector, number, nonce)
