package updater

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/minio/selfupdate"
)

// staged is the new binary before it is in its place: a file beside the old one, so that a rename can bring it there,
// and under a name of its own, so that two processes that update at once do not write to the same file. Whichever of
// them renames last wins; both have checked what they bring.
type staged struct {
	target string
	file   *os.File
}

func stage(target string) (*staged, error) {
	folder, prefix := filepath.Dir(target), "."+filepath.Base(target)+".update-"
	removeLeftovers(folder, prefix)
	file, err := os.CreateTemp(folder, prefix) // readable for nobody else, and not executable
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%s cannot be replaced, because this user may not write to %s; "+
			"run the update as a user who may (with sudo or as administrator), or install it in a folder of your own: %w",
			target, folder, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be replaced: %w", target, err)
	}
	return &staged{target, file}, nil
}

// removeLeftovers removes what updates left that were killed. One that still runs took less than an hour.
func removeLeftovers(folder, prefix string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}

// fill writes what produce gives instead of what was there. It is an error when the SHA-256 is not the wanted one.
func (s *staged) fill(want [32]byte, produce func(io.Writer) error) error {
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	hash := sha256.New()
	if err := produce(io.MultiWriter(s.file, hash)); err != nil {
		return err
	}
	if [32]byte(hash.Sum(nil)) != want {
		return errors.New("the SHA-256 of the result is not the one that the directory names")
	}
	return nil
}

// commit puts the new binary, with the old one's permissions, in the place of the old one.
func (s *staged) commit() error {
	err := func() error {
		old, err := os.Stat(s.target)
		if err != nil {
			return err
		}
		if err := s.file.Chmod(old.Mode().Perm()); err != nil {
			return err
		}
		// All of it on the disk before the rename: after a power failure there is the old program or the new one.
		if err := s.file.Sync(); err != nil {
			return err
		}
		if err := s.file.Close(); err != nil {
			return err
		}
		if runtime.GOOS == "windows" {
			return renameRunning(s.file.Name(), s.target)
		}
		return os.Rename(s.file.Name(), s.target)
	}()
	if err != nil {
		return fmt.Errorf("%s could not be replaced: %w", s.target, err)
	}
	return nil
}

// discard removes the file, unless it has become the program.
func (s *staged) discard() {
	s.file.Close()
	os.Remove(s.file.Name())
}

// renameRunning is for Windows, where a running program can be renamed but not replaced. CommitBinary renames the old
// program and then the new one; if that fails it takes the first back. The old one stays, hidden, as .NAME.old until
// the next update. Elsewhere one rename does it, and there is no moment without a program.
func renameRunning(fresh, target string) error {
	// The name under which CommitBinary looks for the new program.
	name := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".new")
	if err := os.Rename(fresh, name); err != nil {
		return err
	}
	err := selfupdate.CommitBinary(selfupdate.Options{TargetPath: target})
	if err != nil {
		os.Remove(name)
	}
	if selfupdate.RollbackError(err) != nil {
		old := strings.TrimSuffix(name, ".new") + ".old"
		return fmt.Errorf("the program is now %s, rename it to %s: %w", old, target, err)
	}
	return err
}

func fileSHA256(path string) (sum [32]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return sum, err
	}
	return [32]byte(hash.Sum(nil)), nil
}
