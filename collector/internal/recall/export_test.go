package recall

// Twins returns the keys of two texts of one hash.
func Twins() (one, other Key) { return Key{1 << 40, 5 << 16}, Key{1 << 40, 6 << 16} }

// Empty reports whether a memory holds zeros alone.
func Empty(c *Codes) bool {
	for i := range c.words {
		if c.words[i].Load() != 0 {
			return false
		}
	}
	return true
}

// Begin makes the set of k one that is being written.
func Begin(c *Codes, k Key) { c.set(k)[count].Store(9) }

// Kept reports whether the text of k is in its set, whoever writes there.
func Kept(c *Codes, k Key) bool {
	set := c.set(k)
	for i := range ways {
		if set[hashes+i].Load() == k.hash {
			return true
		}
	}
	return false
}

// Unwritten reports whether the set of k counts as the same after f as before.
func Unwritten(c *Codes, k Key, f func()) bool {
	set := c.set(k)
	before := set[count].Load()
	f()
	return unwritten(set, before)
}
