package visitors

// Secret returns the memory that holds the key's bytes, so that a test can see
// whether they are gone.
func Secret(k *Key) *[32]byte { return &k.secret }

// Bound sets the bounds on visitors and on labels not admitted, which a test
// could not reach otherwise.
func Bound(t *Table, visitors, labels int) { t.most, t.labels.most = visitors, labels }
