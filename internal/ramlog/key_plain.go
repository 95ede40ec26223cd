//go:build !goexperiment.runtimesecret

package ramlog

import "io"

// draw gives a key without a secret one from random, and begins its first life.
func (k *key) draw(random io.Reader) error { return k.fill(random) }

// begin counts a life in the key file before anything is sealed in it.
func (k *key) begin() error { return k.take() }

// seal appends the sealed payload to dst, whose capacity suffices.
func (k *key) seal(dst []byte, sequence uint64, word uint32, payload []byte) {
	k.put(dst, sequence, word, payload)
}

// open appends to dst what is sealed in body.
func (k *key) open(dst []byte, life uint32, sequence uint64, word uint32, body []byte) ([]byte, error) {
	return k.get(dst, life, sequence, word, body)
}
