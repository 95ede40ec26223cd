package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"oboro/cmd/oboro/demo"
)

// say prints where to look.
func (c *cluster) say() {
	board := c.seals.addresses["dashboards"]
	fmt.Fprintf(c.out, `
朧 Oboro on a cluster

  Team page         http://%[1]s/            (日本語: http://%[1]s/?lang=ja)
  Quality report    http://%[1]s/quality
  API               http://%[1]s/api/v1/sites/%[2]s/statistics/traffic
  Site with beacon  http://%[3]s/            (your own visits count)
  Collectors        http://%[4]s/transparency   (nginx, before both)
  Metrics           http://%[5]s/metrics   (aggregate, process %[6]d)
                    http://%[7]s/metrics   (collect one, process %[8]d)
                    http://%[9]s/metrics   (collect two, process %[10]d)
`, board, siteID, c.site.address, c.balancer.Address, c.seals.addresses["operators"], c.seals.ID(),
		c.one.addresses["operators"], c.one.ID(), c.two.addresses["operators"], c.two.ID())
	for _, n := range c.servers.Nodes {
		fmt.Fprintf(c.out, "  shard %d replica %d clickhouse-client --port %d   http://127.0.0.1:%d/\n", n.Shard, n.Replica, n.TCP, n.HTTP)
	}
	fmt.Fprintf(c.out, "  Configuration     %s\n\n%d simulated reports a second, of views and of how long a page was read, come through nginx. Stop with Ctrl-C.\n\n", c.config(), c.rate)
}

// watch has visitors come, and says how far the counts are, until ctx ends or a part does.
func (c *cluster) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var v visitors
	came := make(chan struct{})
	go func() { v.come(ctx, c); close(came) }()
	defer func() { cancel(); <-came }()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.balancer.Ended:
			return fmt.Errorf("nginx has ended")
		case <-c.one.Ended:
			return c.one.gone()
		case <-c.two.Ended:
			return c.two.gone()
		case <-c.seals.Ended:
			return c.seals.gone()
		case <-tick.C:
			c.tell(ctx, &v)
		}
	}
}

func (m *member) gone() error { return fmt.Errorf("%s has ended: %s", m.name, m.last()) }

// tell says how far the counts are.
func (c *cluster) tell(ctx context.Context, v *visitors) {
	views, err := c.views(ctx)
	fmt.Fprintf(c.out, "  %s  %d reports answered, %d not; the API ", time.Now().Format(time.TimeOnly), v.answered.Load(), v.failed.Load())
	if err != nil {
		fmt.Fprintln(c.out, "does not answer:", err)
		return
	}
	fmt.Fprintf(c.out, "shows %d views of today\n", views)
}

// views asks the API how many views today has.
func (c *cluster) views(ctx context.Context) (sum int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	today := time.Now().In(tokyo).Format(time.DateOnly)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+c.seals.addresses["dashboards"]+"/api/v1/sites/"+siteID+"/statistics/traffic?from="+today+"&to="+today, nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var table struct{ Data []struct{ Views int64 } }
	if err := json.NewDecoder(answer.Body).Decode(&table); err != nil {
		return 0, err
	}
	for _, row := range table.Data {
		sum += row.Views
	}
	return sum, nil
}

// visitors are the simulated ones.
type visitors struct{ answered, failed atomic.Int64 }

// come has the visitors of one simulated day after the other come, evenly, until ctx ends. Who
// is not answered does not come again, as with a beacon.
func (v *visitors) come(ctx context.Context, c *cluster) {
	if c.rate == 0 {
		return
	}
	pace := time.NewTicker(time.Second / time.Duration(c.rate))
	defer pace.Stop()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	y, m, d := time.Now().In(tokyo).Date()
	for seed := uint64(2); ; seed++ {
		for _, r := range demo.Live(seed, time.Date(y, m, d, 0, 0, 0, 0, tokyo), c.site.origin()) {
			select {
			case <-ctx.Done():
				return
			case <-pace.C:
			}
			if err := demo.Post(ctx, client, "http://"+c.balancer.Address, r); err != nil {
				v.failed.Add(1)
				continue
			}
			v.answered.Add(1)
		}
	}
}
