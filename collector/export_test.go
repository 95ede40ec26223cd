package collector

import (
	"encoding/binary"
	"net"

	"github.com/valyala/fasthttp"

	"oboro/collector/internal/visitors"
)

// ServeConn answers one connection until it ends, without a listener.
func (s *Server) ServeConn(conn net.Conn) error { return s.http.ServeConn(conn) }

// Handle answers one request that has been read.
func (c *Collector) Handle(ctx *fasthttp.RequestCtx) { c.handle(ctx) }

// Fill takes visitor-days into the table of today until the admission cap.
func (c *Collector) Fill() {
	for i := range visitors.Most - c.Visitors() {
		mark := visitors.Mark{15: 1}
		binary.BigEndian.PutUint64(mark[:], uint64(i))
		c.table.Add(visitors.Sighting{Visitor: mark})
	}
}
