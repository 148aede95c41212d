package updater

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// checkPatch refuses a patch that would end this program: the patcher believes what a patch says, so it allocates the
// size that the header claims and slices by the lengths in the control block, and both can panic.
//
// A BSDIFF40 file is "BSDIFF40", the lengths of the compressed control and diff blocks and of the new file, the two
// blocks, and the extra block. The control block is a list of steps: add so many bytes of the diff to the old file's,
// copy so many of the extra, seek so far in the old file. Both are compressed by bzip2, numbers have 8 bytes.
func checkPatch(patch []byte, maxSize int64) error {
	const headerSize = 32
	if len(patch) < headerSize || string(patch[:8]) != "BSDIFF40" {
		return errors.New("it is not a BSDIFF40 file")
	}
	control, diff, size := number(patch[8:]), number(patch[16:]), number(patch[24:])
	blocks := int64(len(patch) - headerSize)
	// Compared one by one, because a sum can overflow.
	if control < 0 || control > blocks || diff < 0 || diff > blocks-control {
		return fmt.Errorf("it claims blocks of %d and %d bytes, but has %d", control, diff, blocks)
	}
	if size < 0 || size > maxSize {
		return fmt.Errorf("it claims a new size of %d bytes, but %d are the limit", size, maxSize)
	}

	steps := bzip2.NewReader(bytes.NewReader(patch[headerSize : headerSize+control]))
	for taken, left := int64(0), size; left > 0; taken++ {
		// Steps that bring nothing compress so well that a few bytes hold work for hours. bsdiff begins a new step
		// only for a match of more than 8 bytes.
		if taken > size/8+2 {
			return fmt.Errorf("it has more than %d steps to %d bytes", taken, size)
		}
		var step [24]byte
		if _, err := io.ReadFull(steps, step[:]); err != nil {
			return fmt.Errorf("its control block is damaged: %w", err)
		}
		for _, length := range []int64{number(step[0:]), number(step[8:])} {
			if length < 0 || length > left {
				return fmt.Errorf("it has a step of %d bytes where %d are left", length, left)
			}
			left -= length
		}
	}
	return nil
}

// number decodes bsdiff's integers: little-endian, the highest bit is the sign.
func number(b []byte) int64 {
	const sign = 1 << 63
	n := binary.LittleEndian.Uint64(b)
	if n&sign != 0 {
		return -int64(n &^ sign)
	}
	return int64(n)
}
