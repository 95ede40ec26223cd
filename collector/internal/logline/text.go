package logline

import "bytes"

// escapes are the letters that follow a backslash, each before what it stands for.
const escapes = "b\bn\nr\rt\tv\v\"\"\\\\"

// unescape returns a copy of b with the escapes undone. What is no escape stays.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		if c, n := escaped(b); n > 0 {
			out, b = append(out, c), b[n:]
			continue
		}
		out, b = append(out, b[0]), b[1:]
	}
	return string(out)
}

// escaped returns the byte that an escape at the beginning of b stands for and
// the escape's length, which is 0 where there is none.
func escaped(b []byte) (c byte, length int) {
	if len(b) < 2 || b[0] != '\\' {
		return 0, 0
	}
	if len(b) >= 4 && b[1] == 'x' {
		high := bytes.IndexByte(hexadecimal, b[2]|0x20)
		low := bytes.IndexByte(hexadecimal, b[3]|0x20)
		if high >= 0 && low >= 0 {
			return byte(high<<4 | low), 4
		}
	}
	for i := 0; i < len(escapes); i += 2 {
		if escapes[i] == b[1] {
			return escapes[i+1], 2
		}
	}
	return 0, 0
}

var hexadecimal = []byte("0123456789abcdef")
