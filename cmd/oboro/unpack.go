package main

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// largestWindow bounds how far back a zstd file may refer, and so the memory that it
// takes. It is what zstd --long writes.
const largestWindow = 128 << 20

// errPacking says that a log is packed in a way that is not known here.
var errPacking = errors.New("it is packed as xz or zip: unpack it first; gzip, bzip2 and zstd are read as they are")

// unpacked returns what is in a file that gzip, bzip2 or zstd has packed, by its first
// bytes, and what ends the unpacking. Any other file it returns as it is.
func unpacked(packed *bufio.Reader) (r io.Reader, end func(), err error) {
	head, err := packed.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	nothing := func() {}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(packed)
		return r, nothing, err
	case bytes.HasPrefix(head, []byte("BZh")):
		return bzip2.NewReader(packed), nothing, nil
	case isZstd(head):
		z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(largestWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case bytes.Equal(head, []byte{0xfd, '7', 'z', 'X'}), bytes.Equal(head, []byte("PK\x03\x04")):
		return nil, nil, errPacking
	}
	return packed, nothing, nil
}

// isZstd reports whether a file that begins so is of zstd: with a frame, or one that is to be
// skipped, as parallel packers write first.
func isZstd(head []byte) bool {
	return bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) ||
		len(head) == 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18})
}
