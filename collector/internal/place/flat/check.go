package flat

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

var (
	errSum   = errors.New("its checksum is that of another table")
	errBlock = errors.New("a block is cut")
)

// Check reads all of a table: whether it is as it was made, and whether every look-up
// stays within it.
func Check(data []byte) error {
	t, err := Open(data)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data[dateAt:]); !bytes.Equal(sum[:], data[sumAt:dateAt]) {
		return errSum
	}
	for first := range 65536 {
		e := binary.LittleEndian.Uint32(t.index4[first*entries:])
		if err := t.checkNode(e); err != nil {
			return err
		}
	}
	if err := t.checkBlock(t.finer4, span{0, 32}); err != nil {
		return err
	}
	return t.checkPage(0, span{0, 64})
}

// checkNode reads the node of an entry, if it has one.
func (t *Table) checkNode(entry uint32) error {
	if entry == alone|finer {
		return nil
	}
	if entry&alone != 0 {
		return t.known(entry &^ alone)
	}
	if uint64(entry)+node > uint64(len(t.nodes4)) || t.nodes4[entry]&1 == 0 {
		return fmt.Errorf("there is no node at %d", entry)
	}
	n, numbers := t.nodes4[entry:][:node], t.nodes4[entry+node:]
	set := 0
	for i, b := range n[:before] {
		if i%8 == 0 && int(n[before+i/8]) != set {
			return fmt.Errorf("the node at %d counts its bits wrong", entry)
		}
		set += bits.OnesCount8(b)
	}
	if set > len(numbers) {
		return fmt.Errorf("the node at %d is cut", entry)
	}
	for _, number := range numbers[:set] {
		if err := t.known(uint32(number)); number != finer && err != nil {
			return err
		}
	}
	return nil
}

// A span is all that begins as an address does: so many of its bits are left open.
type span struct {
	first uint64
	open  int
}

func (t *Table) checkPage(number uint32, of span) error {
	if uint64(number) >= uint64(len(t.pages6)/page) {
		return fmt.Errorf("there is no page %d", number)
	}
	entry := t.pages6[int(number)*page:][:page]
	for i := range uint64(256) {
		within := span{of.first + i<<(of.open-8), of.open - 8}
		e := binary.LittleEndian.Uint32(entry[i*entries:])
		var err error
		switch {
		case e&alone != 0:
			err = t.known(e &^ alone)
		case e&block == 0 && within.open == 0:
			err = fmt.Errorf("page %d leads beyond an address", number)
		case e&block == 0:
			err = t.checkPage(e, within)
		case e&^block > uint32(len(t.blocks6)):
			err = fmt.Errorf("there is no block at %d", e&^block)
		default:
			err = t.checkBlock(t.blocks6[e&^block:], within)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkBlock reads the block at the beginning of data.
func (t *Table) checkBlock(data []byte, of span) error {
	if len(data) < 2 {
		return errBlock
	}
	n := int(binary.LittleEndian.Uint16(data))
	if len(data) < 2+n*starts+n+1 {
		return errBlock
	}
	list, numbers := data[2:2+n*starts], data[2+n*starts:][:n+1]
	for i := range n {
		start := binary.LittleEndian.Uint64(list[i*starts:])
		if start>>of.open != of.first>>of.open || i > 0 && start <= binary.LittleEndian.Uint64(list[(i-1)*starts:]) {
			return fmt.Errorf("a block of %d changes does not ascend", n)
		}
	}
	for _, number := range numbers {
		if err := t.known(uint32(number)); err != nil {
			return err
		}
	}
	return nil
}

// known refuses the number of no country; 0 is the unknown one.
func (t *Table) known(number uint32) error {
	if number >= finer || number > 0 && t.countries[number].Letters() == [2]byte{} {
		return fmt.Errorf("there is no country %d", number)
	}
	return nil
}
