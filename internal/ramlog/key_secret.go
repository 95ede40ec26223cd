//go:build goexperiment.runtimesecret

package ramlog

import (
	"io"
	"runtime/secret"
)

// Built with GOEXPERIMENT=runtimesecret, what holds the key overwrites the stack and
// the registers that it used, and its heap goes as soon as nothing refers to it. The
// closures stay on the stack.

// draw gives a key without a secret one from random, and begins its first life.
func (k *key) draw(random io.Reader) (err error) {
	secret.Do(func() { err = k.fill(random) })
	return err
}

// begin counts a life in the key file before anything is sealed in it.
func (k *key) begin() (err error) {
	secret.Do(func() { err = k.take() })
	return err
}

// seal appends the sealed payload to dst, whose capacity suffices.
func (k *key) seal(dst []byte, sequence uint64, word uint32, payload []byte) {
	secret.Do(func() { k.put(dst, sequence, word, payload) })
}

// open appends to dst what is sealed in body.
func (k *key) open(dst []byte, life uint32, sequence uint64, word uint32, body []byte) (record []byte, err error) {
	secret.Do(func() { record, err = k.get(dst, life, sequence, word, body) })
	return record, err
}
