package release

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The log also stands in tiles (C2SP tlog-tiles): whoever wants to know whether one data set
// is in it, or whether it grew from a checkpoint of theirs, reads a few of them and not the
// whole.
const (
	tileFolder = "log/"
	tileHeight = 8
)

// Tiles returns the tiles of the log by path: hashes, and the records in bundles.
func (l *Log) Tiles() (map[string][]byte, error) {
	tiles := map[string][]byte{}
	for _, t := range tlog.NewTiles(tileHeight, 0, int64(len(l.lines))) {
		data, err := tlog.ReadTileData(t, &l.tree)
		if err != nil {
			return nil, fmt.Errorf("release log: %w", err)
		}
		tiles[tilePath(t)] = data
		if t.L > 0 {
			continue
		}
		var bundle []byte
		for _, line := range l.lines[t.N<<tileHeight:][:t.W] {
			leaf := line[:len(line)-1]
			bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
		}
		tiles[strings.Replace(tilePath(t), "tile/0/", "tile/entries/", 1)] = bundle
	}
	return tiles, nil
}

// tilePath returns where a tile stands. tlog names the height too, which is always 8 here.
func tilePath(t tlog.Tile) string {
	return tileFolder + "tile/" + strings.TrimPrefix(t.Path(), "tile/"+strconv.Itoa(tileHeight)+"/")
}

// LedgerCheckpoint is the signed head of the ledger in the folder.
const LedgerCheckpoint = "ledger/checkpoint"

// ledgerOrigin tells a head of the ledger from one of the log.
func ledgerOrigin(signer string) string { return signer + "/ledger" }

// Checkpoint returns the signed head of the ledger.
func (b Budget) Checkpoint(signer note.Signer) ([]byte, error) {
	text, err := b.head(signer.Name(), b.Lines())
	if err != nil {
		return nil, err
	}
	return Sign(text, signer)
}

func (b Budget) head(signer string, lines int64) (string, error) {
	h, err := b.Head(lines)
	return headText(ledgerOrigin(signer), h.Lines, h.Root), err
}

// prefix returns the head that the log had when it had so many records.
func (l *Log) prefix(origin string, n int64) (string, error) {
	root, err := l.RootOf(n)
	return headText(origin, n, root), err
}

// since checks that the log, or the ledger, grew from the checkpoint that its reader kept.
func (v *verification) since(log *Log) {
	if v.options.Earlier == nil {
		return
	}
	const at = "the earlier checkpoint"
	text, err := open(v.options.Earlier, v.key)
	parts := strings.Split(text, "\n")
	if err != nil || len(parts) != 4 {
		v.found(at, "is none that %s signed", v.key.Name())
		return
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		v.found(at, "names no size")
		return
	}
	var head, place string
	switch parts[0] {
	case v.key.Name():
		place, v.report.Since = LogEntries, fmt.Sprintf("the log grew from %d to %d records", n, len(log.lines))
		head, err = log.prefix(parts[0], n)
	case ledgerOrigin(v.key.Name()):
		place, v.report.Since = LedgerLines, fmt.Sprintf("the ledger grew from %d to %d lines", n, v.budget.Lines())
		head, err = v.budget.head(v.key.Name(), n)
	default:
		v.found(at, "is of neither the log nor the ledger")
		return
	}
	if err != nil || head != text {
		v.report.Since = ""
		v.found(place, "did not grow from %s: it was shortened or rewritten", at)
	}
}

// tiles checks that the tiles are those of the log.
func (v *verification) tiles(log *Log) {
	want, err := log.Tiles()
	if err != nil {
		v.found(LogEntries, "%v", err)
		return
	}
	for name, tile := range want {
		if !bytes.Equal(v.take(name), tile) {
			v.found(name, "is missing, or not a tile of %s", LogEntries)
		}
	}
	for name := range v.listed {
		if strings.HasPrefix(name, tileFolder+"tile/") && want[name] == nil {
			v.found(name, "is no tile of %s", LogEntries)
		}
	}
}
