package clicktest

import (
	"bytes"
	"io"
	"net"
	"sync"
)

// A Proxy stands before a server and passes on what is said, until it is told otherwise.
type Proxy struct {
	listener net.Listener
	server   string
	mu       sync.Mutex
	after    string // what mutes it; "" is nothing
	said     bool   // that was said
	mute     bool
	heard    chan struct{} // closed when a mute proxy has kept an answer back; nil once it is
	lose     string        // what a client says in vain; "" is nothing
	open     map[net.Conn]bool
	all      sync.WaitGroup
}

// NewProxy stands on a port of loopback before the server at an address.
func NewProxy(server string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, server: server, open: map[net.Conn]bool{}}
	p.all.Go(p.accept)
	return p, nil
}

// Port is where it listens.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// MuteAfter has it keep back all that the server answers once a client has said the text, and
// then something more: what comes after a statement are its rows. The channel is closed when it
// has kept an answer back. So does a network that is too slow.
func (p *Proxy) MuteAfter(text string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after, p.heard = text, make(chan struct{})
	return p.heard
}

// Lose has it lose what a client says next with the text in it, and end that connection: the client
// cannot know whether it was heard. So does a cable that is pulled.
func (p *Proxy) Lose(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = text
}

// Lost reports whether it has lost what it was to lose.
func (p *Proxy) Lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lose == ""
}

// Cut ends all connections. New ones are passed on as they should be.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after, p.said, p.mute, p.heard = "", false, false, nil
	for conn := range p.open {
		conn.Close()
	}
}

// Close ends it, and waits until it has.
func (p *Proxy) Close() {
	p.listener.Close()
	p.Cut()
	p.all.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = true, true
		p.mu.Unlock()
		p.all.Go(func() { p.pass(server, client, false) })
		p.all.Go(func() { p.pass(client, server, true) })
	}
}

// pass passes on what one side says, until one of them ends.
func (p *Proxy) pass(to, from net.Conn, answers bool) {
	defer func() {
		to.Close()
		from.Close()
		p.mu.Lock()
		delete(p.open, to)
		delete(p.open, from)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !answers {
			if p.loses(buffer[:n]) {
				return
			}
			p.listen(buffer[:n])
		} else if p.keptBack() {
			_, _ = io.Copy(io.Discard, from) // until it is cut
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// loses reports whether what a client says is lost.
func (p *Proxy) loses(text []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose == "" || !bytes.Contains(text, []byte(p.lose)) {
		return false
	}
	p.lose = ""
	return true
}

// listen notes what a client says.
func (p *Proxy) listen(text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = p.mute || p.said
	p.said = p.said || p.after != "" && bytes.Contains(text, []byte(p.after))
}

// keptBack reports whether an answer goes nowhere, and notes that one came.
func (p *Proxy) keptBack() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mute && p.heard != nil {
		close(p.heard)
		p.heard = nil
	}
	return p.mute
}
