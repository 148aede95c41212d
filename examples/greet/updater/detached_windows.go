package updater

import "syscall"

// Without a console a process opens no window and survives the end of the one that it was started from.
var detached = &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP}

const detachedProcess = 0x00000008
