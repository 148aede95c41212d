"""Runs one CodeBuild build on this machine: the phases of a buildspec, in one shell.

Knows nothing of MiniStack. `bridge.py` makes a `BuildRunner`, calls `run()` on a thread of its own, and hears of lines
and phases through callbacks; `stop()` may be called from any thread.

As in CodeBuild (buildspec version 0.2) all commands share one shell, so variables and the working directory carry over.
When a command ends that shell (`exit`, `set -e`), the next phase gets a new one with the exported variables and the
working directory as they were. A part of the buildspec format that is not implemented here fails the build with a
message: a build must not pass here because something was skipped.
"""

import io
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import threading
import time
import zipfile
from dataclasses import dataclass, field

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
GRACE_SECONDS = 5  # between SIGTERM and SIGKILL

# The leash: a shell that leads the build's process group and reads a pipe that only the server holds open. When the
# server dies, however it dies, the read ends and the leash kills the group: no build outlives its server.
_LEASH = "trap '' TERM INT HUP; read -r _; kill -TERM 0; sleep 2; kill -KILL 0"


class BuildFailure(Exception):
    """A phase failed. `code` and the message become the phase's context, as CodeBuild reports it."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class _Interrupted(Exception):
    """The build was stopped or ran out of time; `status` says which."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


@dataclass
class Buildspec:
    shell: str = "/bin/sh"
    variables: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)  # variable -> Parameter Store name
    secrets: dict = field(default_factory=dict)  # variable -> secret-id:json-key:version-stage:version-id
    exported: list = field(default_factory=list)
    phases: dict = field(default_factory=dict)


def parse_buildspec(text):
    """The buildspec as data. Raises BuildFailure(YAML_FILE_ERROR) naming what is wrong or not implemented."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildFailure("YAML_FILE_ERROR", f"the buildspec is not YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("phases"), dict):
        raise BuildFailure("YAML_FILE_ERROR", "the buildspec has no `phases`")
    if str(document.get("version")) != "0.2":
        raise BuildFailure("YAML_FILE_ERROR", "only buildspec version 0.2 is implemented")
    _refuse_unknown("the buildspec", document, {"version", "env", "phases"})
    env = document.get("env") or {}
    _refuse_unknown(
        "env", env, {"shell", "variables", "parameter-store", "secrets-manager", "exported-variables"}
    )
    shell = env.get("shell", "/bin/sh")
    if shell not in ("bash", "/bin/sh"):
        raise BuildFailure("YAML_FILE_ERROR", f"env.shell {shell} is not implemented: bash or /bin/sh")
    _refuse_unknown("phases", document["phases"], set(PHASES))
    for name, phase in document["phases"].items():
        _refuse_unknown(f"phases.{name}", phase or {}, {"commands", "finally", "runtime-versions"})
    return Buildspec(
        shell=shell,
        variables={name: str(value) for name, value in (env.get("variables") or {}).items()},
        parameters=env.get("parameter-store") or {},
        secrets=env.get("secrets-manager") or {},
        exported=env.get("exported-variables") or [],
        phases=document["phases"],
    )


def _refuse_unknown(where, mapping, known):
    unknown = sorted(set(mapping) - known)
    if unknown:
        raise BuildFailure("YAML_FILE_ERROR", f"{where}: not implemented locally: {', '.join(unknown)}")


def _timestamp():
    now = time.time()
    return time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1e6):06d}"


class BuildRunner:
    """One build.

    folder: a new folder for this build alone, removed afterwards. on_lines(list of str) gets log lines as they come,
    on_phase(type, status, contexts) each phase's start (status None) and end. The rest is asked for in DOWNLOAD_SOURCE,
    and may raise BuildFailure: environment(): the whole environment of the first command; source(): the source's zip as
    bytes, or None; buildspec(source_folder): the buildspec's text; secret(kind, reference): the value of a parameter
    (PARAMETER_STORE) or secret (SECRETS_MANAGER).
    """

    def __init__(self, *, folder, environment, source, buildspec, secret, timeout_seconds, on_lines, on_phase):
        self._folder = folder
        self._make_environment = environment
        self._environment = {}
        self._source = source
        self._read_buildspec = buildspec
        self._secret = secret
        self._deadline = time.monotonic() + timeout_seconds
        self._on_lines = on_lines
        self._on_phase = on_phase
        self._stop = threading.Event()
        self._leash = None
        self._shell = None
        self._fifo = os.path.join(folder, "status")  # where the shell writes each command's exit status
        self._status_pipe = None
        self._partial_line = b""
        self._masked = []
        self._spec = Buildspec()
        self._cwd = os.path.join(folder, "src")
        self.exported = []

    def stop(self):
        """Ask the build to end as STOPPED. Returns at once; `run` returns within GRACE_SECONDS and a little."""
        self._stop.set()

    def run(self):
        """Run the build to its end. Returns SUCCEEDED, FAILED, STOPPED, TIMED_OUT, or FAULT (an error of ours)."""
        status = "FAULT"
        try:
            status = self._run_phases()
        except _Interrupted as interruption:
            status = interruption.status
        except Exception as error:  # noqa: BLE001 - a fault of this runner ends the build, not the server
            self._say(f"The local build runner failed: {error!r}")
            raise
        finally:
            self._kill_group()
            self._flush_partial_line()
            remove_folder(self._folder)
        return status

    # --- phases ---------------------------------------------------------------------------------------------------

    def _run_phases(self):
        if not self._phase("DOWNLOAD_SOURCE", self._download_source):
            return "FAILED"
        succeeding = True
        for name in PHASES:
            phase = self._spec.phases.get(name) or {}
            ok = self._phase(name.upper(), lambda phase=phase: self._run_commands(phase))
            succeeding = succeeding and ok
            self._environment["CODEBUILD_BUILD_SUCCEEDING"] = "1" if succeeding else "0"
            if not ok and name in ("install", "pre_build"):
                break  # as in CodeBuild: only a failed `build` goes on to post_build
        self.exported = [
            {"name": name, "value": self._environment[name]}
            for name in self._spec.exported
            if name in self._environment
        ]
        return "SUCCEEDED" if succeeding else "FAILED"

    def _phase(self, name, body):
        self._on_phase(name, None, [])
        self._say(f"Entering phase {name}")
        code, message = "", ""
        try:
            body()
            status = "SUCCEEDED"
        except BuildFailure as failure:
            status, code, message = "FAILED", failure.code, str(failure)
        except _Interrupted as interruption:
            status = interruption.status
            if status == "TIMED_OUT":
                code, message = "BUILD_TIMED_OUT", "Build has timed out. "
        self._say(f"Phase complete: {name} State: {status}")
        self._say(f"Phase context status code: {code} Message: {message}")
        self._on_phase(name, status, [{"statusCode": code, "message": message}])
        if status in ("STOPPED", "TIMED_OUT"):
            raise _Interrupted(status)
        return status == "SUCCEEDED"

    def _download_source(self):
        for name in ("src", "home", "tmp"):
            os.makedirs(os.path.join(self._folder, name))
        self._environment = dict(self._make_environment())
        archive = self._source()
        if archive is not None:
            try:
                _unzip(archive, os.path.join(self._folder, "src"))
            except (zipfile.BadZipFile, ValueError) as error:
                raise BuildFailure("CLIENT_ERROR", f"the source is not a usable zip file: {error}") from error
        self._spec = parse_buildspec(self._read_buildspec(os.path.join(self._folder, "src")))
        # Precedence as documented: the StartBuild call, then the project, then the buildspec.
        looked_up = {
            **{name: ("PARAMETER_STORE", reference) for name, reference in self._spec.parameters.items()},
            **{name: ("SECRETS_MANAGER", reference) for name, reference in self._spec.secrets.items()},
        }
        for name, value in self._spec.variables.items():
            self._environment.setdefault(name, value)
        for name, (kind, reference) in looked_up.items():
            self._environment.setdefault(name, self.reveal(kind, reference))

    def reveal(self, kind, reference):
        """The value of a secret or parameter; from now on its value is masked in the log, as CodeBuild does."""
        value = self._secret(kind, reference)
        if value:
            self._masked.append(value)
        return value

    def _run_commands(self, phase):
        try:
            for command in phase.get("commands") or []:
                self._run_command(str(command))
        finally:
            if not self._interruption():
                for command in phase.get("finally") or []:
                    self._run_command(str(command))

    def _run_command(self, command):
        self._say(f"Running command {command}")
        status = self._execute(command)
        if status != 0:
            raise BuildFailure(
                "COMMAND_EXECUTION_ERROR",
                f"Error while executing command: {command}. Reason: exit status {status}",
            )

    # --- the shell ------------------------------------------------------------------------------------------------

    def _execute(self, command):
        """Run one command in the build's shell, starting it if need be. Returns the exit status."""
        if self._shell is None:
            self._start_shell()
        script = os.path.join(self._folder, "command")
        with open(script, "w", encoding="utf-8") as file:
            file.write(command + "\n")
        # The command does not get the shell's input, which brings the next command. Whether the build is still
        # succeeding may have changed since the shell started.
        line = (
            f"export CODEBUILD_BUILD_SUCCEEDING={self._environment['CODEBUILD_BUILD_SUCCEEDING']}; "
            f". {shlex.quote(script)} </dev/null; __status=$?; "
            f"__save; echo $__status >{shlex.quote(self._fifo)}\n"
        )
        self._shell.stdin.write(line.encode())
        self._shell.stdin.flush()
        return self._wait_for_status()

    def _start_shell(self):
        if self._leash is None:
            self._leash = subprocess.Popen(
                ["/bin/sh", "-c", _LEASH], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env={"PATH": os.defpath}, process_group=0,
            )
        if self._status_pipe is None:
            os.mkfifo(self._fifo)
            self._status_pipe = os.open(self._fifo, os.O_RDWR)  # for writing too: so it never comes to its end
        self._output_pipe, output = os.pipe()
        argv = ["bash", "--noprofile", "--norc"] if self._spec.shell == "bash" else ["/bin/sh"]
        self._shell = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT,
            cwd=self._cwd, env=self._environment, process_group=self._leash.pid,
        )
        os.close(output)
        os.set_blocking(self._output_pipe, False)
        # The exported variables and the folder, for a later shell and for exported-variables.
        state = shlex.quote(os.path.join(self._folder, "state"))
        save = f"__save() {{ /usr/bin/env -0 >{state}; pwd >{state}.cwd; }}; trap __save EXIT\n"
        self._shell.stdin.write(save.encode())

    def _wait_for_status(self):
        """Log the output until the command's status comes, or the shell ends, or the build is interrupted."""
        answer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._output_pipe, selectors.EVENT_READ)
            selector.register(self._status_pipe, selectors.EVENT_READ)
            while not answer.endswith(b"\n") and self._shell.poll() is None:
                interruption = self._interruption()
                if interruption:
                    self._terminate_group()
                    self._drain_output()
                    raise _Interrupted(interruption)
                for key, _ in selector.select(timeout=0.2):
                    if key.fd == self._status_pipe:
                        answer += os.read(self._status_pipe, 64)
                    elif not self._drain_output():
                        selector.unregister(key.fd)
        # What the command wrote, it wrote before its status: read the rest now, so that lines stay in order.
        self._drain_output()
        self._flush_partial_line()
        self._load_state()
        if answer:
            return int(answer)
        # The command ended the shell. A signal's number is told the way shells tell it.
        status = self._shell.wait()
        self._close_shell()
        return status if status >= 0 else 128 - status

    def _load_state(self):
        path = os.path.join(self._folder, "state")
        if not os.path.exists(f"{path}.cwd"):
            return  # the first command killed its shell
        with open(path, "rb") as file:
            pairs = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
        self._environment = {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
        self._environment.setdefault("CODEBUILD_BUILD_SUCCEEDING", "1")
        with open(f"{path}.cwd", encoding="utf-8", errors="surrogateescape") as file:
            self._cwd = file.read().removesuffix("\n")

    def _interruption(self):
        if self._stop.is_set():
            return "STOPPED"
        return "TIMED_OUT" if time.monotonic() > self._deadline else None

    # --- ending ---------------------------------------------------------------------------------------------------

    def _terminate_group(self):
        """SIGTERM to everything the build started, and SIGKILL to what is left after GRACE_SECONDS."""
        _signal_group(self._leash, signal.SIGTERM)
        if self._shell is not None:
            try:
                self._shell.wait(timeout=GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        _signal_group(self._leash, signal.SIGKILL)

    def _kill_group(self):
        """The end of every build: also what it left in the background goes, and so does the leash."""
        if self._leash is not None:
            _signal_group(self._leash, signal.SIGKILL)
            self._leash.wait()
            self._leash.stdin.close()
            self._leash = None
        if self._shell is not None:
            self._shell.wait()
            self._close_shell()
        if self._status_pipe is not None:
            os.close(self._status_pipe)

    def _close_shell(self):
        os.close(self._output_pipe)
        try:
            self._shell.stdin.close()
        except BrokenPipeError:
            pass
        self._shell = None

    # --- the log --------------------------------------------------------------------------------------------------

    def _say(self, text):
        self._on_lines([self._mask(f"[Container] {_timestamp()} {text}")])

    def _drain_output(self):
        """Log what is in the pipe now. False when everything that could write to it is gone."""
        while True:
            try:
                chunk = os.read(self._output_pipe, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            *lines, self._partial_line = (self._partial_line + chunk).split(b"\n")
            if lines:
                self._on_lines([self._mask(line.decode("utf-8", "replace").rstrip("\r")) for line in lines])

    def _flush_partial_line(self):
        if self._partial_line:
            self._on_lines([self._mask(self._partial_line.decode("utf-8", "replace"))])
            self._partial_line = b""

    def _mask(self, line):
        for value in self._masked:
            line = line.replace(value, "***")
        return line


def _signal_group(leader, number):
    try:
        os.killpg(leader.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _unzip(archive, folder):
    """Like `unzip`: keeps the executable bits, refuses names that leave the folder."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        for entry in file.infolist():
            target = os.path.realpath(os.path.join(folder, entry.filename))
            if os.path.commonpath([target, os.path.realpath(folder)]) != os.path.realpath(folder):
                raise ValueError(f"{entry.filename} lies outside of the source folder")
            file.extract(entry, folder)
            mode = entry.external_attr >> 16 & 0o777
            if mode and not entry.is_dir():
                os.chmod(target, mode | 0o600)


def remove_folder(folder):
    """Go's module cache is read-only; make each folder writable before its content goes."""
    for path, _, _ in os.walk(folder):
        try:
            os.chmod(path, 0o700)
        except OSError:
            pass
    shutil.rmtree(folder, ignore_errors=True)
