package collector

import (
	"errors"
	"net"
	"runtime"
	"sync/atomic"
	"time"
)

// fasthttp sets three deadlines a request, each of which moves a timer of the
// runtime. A patient listener's connections remember a deadline instead, and let the
// timer stand as long as it would ring earlier: when it rings, what is left of the
// deadline is set. So no wait ends later than it should, and a connection in use moves
// a timer every few seconds only.
type patient struct{ net.Listener }

func (l patient) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &patientConn{Conn: conn}, nil
}

type patientConn struct {
	net.Conn
	read, write deadline
	// answered is set between an answer and the next read, which lets others go first:
	// the client has hardly sent its next request yet, and to read in vain costs a system
	// call and a wait. It is read and written by the connection's goroutine alone.
	answered bool
}

// start is what moments are counted from, by the clock that is never set.
var start = time.Now()

// never stands for no deadline.
const never = int64(1<<63 - 1)

func moment(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return int64(t.Sub(start))
}

// A deadline is when waiting must end, and when the timer rings. Before they are set
// both are 0, which set takes for never.
type deadline struct{ wanted, timer atomic.Int64 }

// set notes t, and moves the timer only where it would ring too late.
func (d *deadline) set(t time.Time, move func(time.Time) error) error {
	at := moment(t)
	d.wanted.Store(at)
	if timer := d.timer.Load(); timer != 0 && timer <= at {
		return nil
	}
	if at == never && d.timer.Load() == 0 {
		return nil
	}
	d.timer.Store(at)
	return move(t)
}

// early reports whether err says that the timer rang before the deadline. Then the
// timer is set anew, and waiting may go on.
func (d *deadline) early(err error, move func(time.Time) error) bool {
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		return false
	}
	at := d.wanted.Load()
	if at <= moment(time.Now()) {
		return false
	}
	d.timer.Store(at)
	if at == never {
		return move(time.Time{}) == nil
	}
	return move(start.Add(time.Duration(at))) == nil
}

func (c *patientConn) Read(b []byte) (int, error) {
	if c.answered {
		c.answered = false
		runtime.Gosched()
	}
	for {
		n, err := c.Conn.Read(b)
		if err == nil || n > 0 || !c.read.early(err, c.Conn.SetReadDeadline) {
			return n, err
		}
	}
}

func (c *patientConn) Write(b []byte) (int, error) {
	sum := 0
	c.answered = true
	for {
		n, err := c.Conn.Write(b[sum:])
		sum += n
		if err == nil || !c.write.early(err, c.Conn.SetWriteDeadline) {
			return sum, err
		}
	}
}

func (c *patientConn) SetReadDeadline(t time.Time) error {
	return c.read.set(t, c.Conn.SetReadDeadline)
}

func (c *patientConn) SetWriteDeadline(t time.Time) error {
	return c.write.set(t, c.Conn.SetWriteDeadline)
}

func (c *patientConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
