package intake

import (
	"net"
	"net/netip"
	"strings"

	"oboro/collector/internal/bounds"
)

// client returns the address of the visitor: the peer itself, or, where the peer
// is a trusted proxy, the rightmost address of forwarded that is not trusted. A
// list with something unreadable to the right of that is of no use, and the peer
// did not see the visitor either: no address.
func client(peer netip.Addr, forwarded string, trusted []netip.Prefix) netip.Addr {
	peer = peer.Unmap()
	if forwarded == "" || !within(peer, trusted) {
		return peer
	}
	rest := forwarded
	for rest != "" {
		at := strings.LastIndexByte(rest, ',')
		entry := strings.TrimSpace(rest[at+1:])
		rest = rest[:max(at, 0)]
		if entry == "" { // lists may hold empty elements (RFC 9110, 5.6.1)
			continue
		}
		address := parseNode(entry)
		if !address.IsValid() {
			return netip.Addr{}
		}
		if !within(address, trusted) {
			return address
		}
		peer = address
	}
	return peer // all of them proxies of ours
}

// Enter counts a new connection in, or reports false where the bounds refuse it. A peer
// on this machine or a trusted proxy, behind which there are many, is bound by the
// number of all connections alone.
func (in *Intake) Enter(conn net.Conn) (bounds.Ticket, bool) {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok { // a peer without an address is on this machine
		return in.Connections.Enter(netip.Addr{}, true)
	}
	peer := tcp.AddrPort().Addr().WithZone("").Unmap()
	return in.Connections.Enter(peer, peer.IsLoopback() || within(peer, in.Trusted))
}

func within(address netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// parseNode reads one entry of X-Forwarded-For, or the value of for= in one of
// Forwarded (RFC 7239): an address, perhaps quoted, in brackets, with a port.
func parseNode(entry string) netip.Addr {
	if address, err := netip.ParseAddr(entry); err == nil { // as nearly all are written
		return address.WithZone("").Unmap()
	}
	if node, ok := forwardedFor(entry); ok {
		entry = node
	}
	entry = strings.Trim(entry, `"`)
	if strings.HasPrefix(entry, "[") {
		end := strings.IndexByte(entry, ']')
		if end < 0 {
			return netip.Addr{}
		}
		entry = entry[1:end]
	} else if strings.Count(entry, ":") == 1 {
		entry, _, _ = strings.Cut(entry, ":")
	}
	address, err := netip.ParseAddr(entry)
	if err != nil { // it quotes the entry: not passed on
		return netip.Addr{}
	}
	return address.WithZone("").Unmap()
}

// forwardedFor returns the value of the for parameter of a Forwarded element.
func forwardedFor(element string) (string, bool) {
	if strings.IndexByte(element, '=') < 0 {
		return "", false
	}
	for parameter := range strings.SplitSeq(element, ";") {
		name, value, ok := strings.Cut(strings.TrimSpace(parameter), "=")
		if ok && strings.EqualFold(name, "for") {
			return value, true
		}
	}
	return "", false
}
