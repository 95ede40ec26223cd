package main

import (
	"errors"
	"fmt"
	"testing"

	"oboro/aggregator/store/clickhouse/clicktest"
)

// between puts a proxy between each server and ZooKeeper.
func between(t *testing.T, servers *clicktest.Cluster) (words []*clicktest.Proxy) {
	t.Helper()
	keeper := servers.ZooKeeper
	for _, n := range servers.Nodes {
		p, err := clicktest.NewProxy(fmt.Sprintf("%s:%d", keeper.Host, keeper.Port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		words = append(words, p)
		n.Stop()
		n.ZooKeeper = &clicktest.ZooKeeper{Host: keeper.Host, Port: p.Port()}
		if err := n.Start(); err != nil {
			t.Fatal(err)
		}
	}
	return words
}

// loseWords has what each server says to ZooKeeper of a batch be lost, while hits come: the server believes
// in it, and it is sent again.
func (c *cluster) loseWords() {
	c.t.Helper()
	for _, p := range c.words {
		c.sender.during(c.sender.those(""), func() {
			p.Lose("/open_cells/log/log-")
			eventually(c.t, "word that is lost", func() error {
				if !p.Lost() {
					return errors.New("ZooKeeper has heard all")
				}
				return nil
			})
			c.takes()
		})
	}
}
