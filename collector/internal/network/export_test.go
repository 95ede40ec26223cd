package network

import "slices"

// Operators returns the domains of the list by number, and reads another list.
func Operators() map[uint32]string {
	all := map[uint32]string{}
	for number, domain := range operatorsOf().domains {
		all[number] = domain.Name()
	}
	return all
}

// BadLine returns the first line of a list that is wrong.
func BadLine(list string) string {
	_, bad := parseOperators(list)
	return bad
}

// Queue returns all bytes in which a resolver holds addresses that wait.
func (r *Resolver) Queue() (all []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.queue {
		all = append(all, r.queue[i].address[:]...)
	}
	return all
}

// Memory returns all bytes in which a resolver holds addresses or packets. No question
// may be under way.
func (r *Resolver) Memory() (all []byte) {
	all = r.Queue()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.workers {
		w := &r.workers[i]
		all = slices.Concat(all, w.query[:], w.reply[:], w.name[:])
	}
	return all
}

// Waits returns how many questions wait, and how many tickets are kept.
func (r *Resolver) Waits() (waiting, kept int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting, len(r.answers)
}

// A Packet asks for one address and reads answers, as a worker does.
type Packet struct{ w worker }

// Question returns the packet that asks for an address.
func (p *Packet) Question(address [16]byte) []byte {
	p.w.write(&address)
	return slices.Clone(p.w.query[:p.w.length])
}

// Read returns what an answer says: the domain, and whether it is of this question.
func (p *Packet) Read(answer []byte) (domain string, isNamed, isOurs bool) {
	d, o, ok := p.w.read(answer)
	return d.Name(), o == named, ok
}
