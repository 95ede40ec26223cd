package visitors

import "unsafe"

// Secret returns the key's bytes.
func Secret(k *Key) [32]byte { return k.secret }

// Memory returns the memory that a key takes, with all that is made of its bytes, so
// that a test can see whether they are gone.
func Memory(k *Key) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(k)), unsafe.Sizeof(*k)) }

// Bound sets the bounds on visitors and on labels not admitted, which a test
// could not reach otherwise.
func Bound(t *Table, visitors, labels int) { t.most, t.labels.most = visitors, labels }
