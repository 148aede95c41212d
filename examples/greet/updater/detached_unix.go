//go:build unix

package updater

import "syscall"

// In a session of its own a process survives the end of the terminal and its Ctrl-C.
var detached = &syscall.SysProcAttr{Setsid: true}
