"""What MiniStack lacks for this app, put in by replacing some of its private functions.

MiniStack has no plug-in mechanism, so `install()` replaces functions in its modules before the server starts. It is
written for the exact version in requirements.txt. Everything it touches is looked up through `_require`, so a MiniStack
that has changed stops at start with a sentence and does not behave a little differently. What is replaced, and why:

1. `codebuild:startBuild.sync` in Step Functions (`_SERVICE_DISPATCH`). MiniStack has none. Ours starts the build, waits,
   and returns `{"Build": ...}` in Pascal case, or fails with States.TaskFailed and that as the cause, as on AWS. A
   stopped execution and a task's TimeoutSeconds stop the build (`_run_execution`, `_invoke_resource_with_timeout`).
2. Stopped executions. MiniStack only looks at the status between top-level states: retries and Map items go on for
   minutes, and an error after that turns ABORTED into FAILED (`_scaled_sleep`, `_fail_execution`, `_execute_task`).
3. The machine's role. MiniStack calls functions with all rights. Under AUTH=true ours asks whether the machine's role may
   invoke the function (`_call_lambda`), and may start, watch and stop the build.
4. CodeBuild (`_start_build`, `_stop_build`). MiniStack's builds succeed without running and forget overrides. Ours run on
   this machine: see build_runner.py. They have their project's role, also for the source, parameters and secrets.
   CloudFormation drops the project's log group; it is kept here (the `AWS::CodeBuild::Project` handlers). Requests that
   name a build by its id are permitted by its project, as on AWS; MiniStack asks for `*` (`extract_resource_arn`).
5. Node errors (the worker script, `Worker.invoke`, `_execute_function_warm`). MiniStack calls every error
   Runtime.HandlerError, so that Retry and Catch by name never match. Ours carry the error's name and its stack.
6. `/_aws/cloudfront/<distribution domain name>/<key>` (`app`). MiniStack serves a distribution only under its Host
   header, which no installed client would send. And a missing key is 404 where the bucket lets the distribution list it,
   as on AWS; MiniStack always says 403 (`serve_cloudfront_origin_fetch`).
7. `/_hkdist/health` (`app`): which folder this server belongs to, whether it enforces IAM, what is running.
8. The wait for log lines after each function call (`_drain_stderr_bounded`): 50 ms on every silent call, now 3.
9. Shutdown (`save_all`): running builds and executions are ended first, so that nothing is RUNNING for ever and no state
   changes while it is being saved.
10. Checkpoints (`_load_persisted_state`): MiniStack saves only at a clean stop, and a server killed otherwise would lose every
   row since its start while S3's objects stay. Ours saves every few seconds while there are requests.
"""

import contextvars
import copy
import json
import logging
import os
import secrets as random_secrets
import threading
import time
from urllib.parse import quote

from build_runner import BuildFailure, BuildRunner, remove_folder

logger = logging.getLogger("hkdist")

_AUTHORIZATION_RULE = "StepFunctionsGetEventForCodeBuildStartBuildRule"  # what AWS watches builds by


class _Aborted(Exception):
    """The execution that this thread works for was stopped. Not an error that a Retry or Catch may see."""


class _Settings:
    """Given by launcher.py. folder: the state folder; endpoint: this server's URL; build_environment: see server.ts."""

    folder = ""
    endpoint = ""
    fingerprint = ""
    build_environment: dict = {}


# The execution and, where the task has TimeoutSeconds, the event set when that time is over.
_execution = contextvars.ContextVar("hkdist_execution", default=None)
_abandoned = contextvars.ContextVar("hkdist_abandoned", default=None)

_runs: dict = {}  # build id -> _Build, while it runs
_stopping = threading.Event()  # the server is shutting down
_used = threading.Event()  # there were requests since the last checkpoint
_saving = threading.Lock()

CHECKPOINT_SECONDS = 5


def install(*, folder, endpoint, fingerprint, build_environment):
    """Replace everything. Call once, before MiniStack's `main`. Raises RuntimeError if this MiniStack is another."""
    _Settings.folder = folder
    _Settings.endpoint = endpoint
    _Settings.fingerprint = fingerprint
    _Settings.build_environment = build_environment
    remove_folder(os.path.join(folder, "builds"))  # of a server that was killed
    _replace_step_functions()
    _replace_codebuild()
    _replace_node_runtime()
    _replace_app()


def _require(owner, name):
    """`owner.name`, which has to be there."""
    if not hasattr(owner, name):
        where = getattr(owner, "__name__", str(owner))
        raise RuntimeError(
            f"{where} has no {name}: this is not the MiniStack that local/ministack/bridge.py was written for. "
            "Install the version in local/requirements.txt, or bring the bridge up to date."
        )
    return getattr(owner, name)


def _wrap(owner, name):
    """Decorator: `owner.name` becomes the decorated function, which gets the original as its first argument."""

    def decorate(replacement):
        original = _require(owner, name)

        def replaced(*args, **kwargs):
            return replacement(original, *args, **kwargs)

        setattr(owner, name, replaced)
        return replacement

    return decorate


# --- Step Functions ---------------------------------------------------------------------------------------------------


def _replace_step_functions():
    from ministack.services import stepfunctions as sfn

    for name in ("_executions", "_state_machines", "_ExecutionError", "_SFN_WAIT_SCALE", "_pascal_to_camel"):
        _require(sfn, name)
    _require(sfn, "_SERVICE_DISPATCH")["arn:aws:states:::codebuild:startBuild"] = _start_build_task

    @_wrap(sfn, "_run_execution")
    def run_execution(original, execution_arn):
        _execution.set(sfn._executions.get(execution_arn))
        original(execution_arn)

    @_wrap(sfn, "_execute_task")
    def execute_task(original, state, raw_input, execution, context):
        _check_not_stopped(execution)
        return original(state, raw_input, execution, context)

    @_wrap(sfn, "_fail_execution")
    def fail_execution(original, execution, error, cause):
        if execution["status"] == "RUNNING":
            original(execution, error, cause)

    @_wrap(sfn, "_scaled_sleep")
    def scaled_sleep(_original, seconds):
        end = time.monotonic() + seconds * sfn._SFN_WAIT_SCALE
        while time.monotonic() < end:
            _check_not_stopped(_execution.get())
            time.sleep(max(0.0, min(0.2, end - time.monotonic())))

    @_wrap(sfn, "_invoke_resource_with_timeout")
    def invoke_with_timeout(original, resource, data, timeout):
        abandoned = threading.Event()
        token = _abandoned.set(abandoned)
        try:
            return original(resource, data, timeout)
        finally:
            abandoned.set()
            _abandoned.reset(token)

    @_wrap(sfn, "_call_lambda")
    def call_lambda(original, reference, event):
        from ministack.services import lambda_svc

        _, config, _ = _require(lambda_svc, "_get_func_record_for_ref")(reference)
        if config:
            denied = _denied_to_machine("lambda:InvokeFunction", config.get("FunctionArn", ""))
            if denied:
                raise sfn._ExecutionError("Lambda.AWSLambdaException", denied)
        return original(reference, event)


def _check_not_stopped(execution):
    if execution is not None and execution["status"] != "RUNNING":
        raise _Aborted(f"{execution['executionArn']} is {execution['status']}")


def _start_build_task(resource, data):
    """The Task resource codebuild:startBuild, alone or with .sync."""
    from ministack.services import codebuild, stepfunctions as sfn

    sync = resource.endswith(".sync")
    _check_machine_may_build(data.get("ProjectName", ""), sync)
    status, _, body = codebuild._start_build(sfn._pascal_to_camel(data))
    answer = json.loads(body)
    if status >= 400:
        raise sfn._ExecutionError(f"CodeBuild.{answer['__type']}", answer.get("message", ""))
    build_id = answer["build"]["id"]
    if not sync:
        return {"Build": _pascal(answer["build"])}
    run = _runs.get(build_id)
    execution, abandoned = _execution.get(), _abandoned.get()
    while run is not None and not run.finished.wait(0.2):
        stopped = execution is not None and execution["status"] != "RUNNING"
        if stopped or (abandoned is not None and abandoned.is_set()):
            run.stop()  # as AWS does, at its best effort
            run.finished.wait(30)
    _check_not_stopped(execution)
    build = codebuild._builds[build_id]
    result = {"Build": _pascal(build)}
    if build["buildStatus"] != "SUCCEEDED":
        raise sfn._ExecutionError("States.TaskFailed", json.dumps(result))
    return result


def _check_machine_may_build(project, sync):
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import codebuild, stepfunctions as sfn

    rule = f"arn:aws:events:{get_region()}:{get_account_id()}:rule/{_AUTHORIZATION_RULE}"
    needed = [("codebuild:StartBuild", codebuild._project_arn(project))]
    if sync:
        needed += [(f"codebuild:{name}", codebuild._project_arn(project)) for name in ("StopBuild", "BatchGetBuilds")]
        needed += [(f"events:{name}", rule) for name in ("PutTargets", "PutRule", "DescribeRule")]
    for action, resource_arn in needed:
        denied = _denied_to_machine(action, resource_arn)
        if denied:
            raise sfn._ExecutionError("CodeBuild.AWSCodeBuildException", denied)


def _pascal(value, key=""):
    """CodeBuild's answer the way Step Functions shows it: Pascal case, times in milliseconds."""
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: _pascal(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_pascal(inner) for inner in value]
    if key in ("startTime", "endTime"):
        return int(value * 1000)
    return value


# --- IAM --------------------------------------------------------------------------------------------------------------


def _denied_to_machine(action, resource_arn):
    """Why the running execution's role may not do this, or None. Only under AUTH=true."""
    from ministack.services import stepfunctions as sfn

    execution = _execution.get()
    machine = sfn._state_machines.get(execution["stateMachineArn"]) if execution else None
    return _denied(machine["roleArn"], execution["name"], action, resource_arn) if machine else None


def _denied(role_arn, session, action, resource_arn):
    """AWS's sentence for a role that may not do this, or None if it may. Only under AUTH=true."""
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id, get_region

    if not app.AUTH:
        return None
    account = get_account_id()
    role_name = role_arn.rsplit("/", 1)[-1]
    principal = f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}"
    context = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
    )
    policies = _require(iam_evaluator, "_gather_role_policies")(role_name, account)
    if iam_evaluator.evaluate(context, policies).decision == "Allow":
        return None
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource_arn}"


def _role_session(role_arn, session):
    """Credentials of a session of this role, registered with STS. Returns the environment variables."""
    from ministack.core.responses import get_account_id
    from ministack.services import sts

    key = "ASIA" + random_secrets.token_hex(8).upper()
    environment = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": random_secrets.token_hex(20),
        "AWS_SESSION_TOKEN": random_secrets.token_hex(32),
    }
    role_name = role_arn.rsplit("/", 1)[-1]
    _require(sts, "register_session")(
        key,
        {
            "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role_name}/{session}",
            "UserId": f"{role_name}:{session}",
            "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": environment["AWS_SESSION_TOKEN"],
        },
    )
    return environment


# --- CodeBuild --------------------------------------------------------------------------------------------------------


def _project_of_build(body):
    """The project of the build that a request names by id, `<project>:<uuid>`: on AWS it is what permissions are about."""
    try:
        request = json.loads(body)
        build = request.get("id") or request["ids"][0]
        return build.rpartition(":")[0] or None
    except (ValueError, TypeError, AttributeError, KeyError, IndexError):
        return None


def _replace_codebuild():
    from ministack.core import iam_actions
    from ministack.services import cloudwatch_logs, codebuild, s3, sts
    from ministack.services.cloudformation import provisioners

    @_wrap(iam_actions, "extract_resource_arn")
    def extract_resource_arn(original, *request):
        service, _, _, _, body, _, region, account = request
        project = _project_of_build(body) if service == "codebuild" else None
        return f"arn:aws:codebuild:{region}:{account}:project/{project}" if project else original(*request)

    for owner, names in (
        (codebuild, ("_projects", "_builds", "_make_build_record", "_build_id", "_project_arn")),
        (cloudwatch_logs, ("_create_log_group", "_create_log_stream", "_put_log_events")),
        (s3, ("_get_object_data",)),
        (sts, ("_sessions",)),
    ):
        for name in names:
            _require(owner, name)

    @_wrap(codebuild, "_start_build")
    def start_build(_original, data):
        return _start_build(data)

    @_wrap(codebuild, "_stop_build")
    def stop_build(_original, data):
        return _stop_build(data)

    handlers = _require(provisioners, "_RESOURCE_HANDLERS")["AWS::CodeBuild::Project"]
    create, update = handlers["create"], handlers["update"]

    def create_project(logical_id, properties, stack_name):
        name, attributes = create(logical_id, properties, stack_name)
        codebuild._projects[name]["logsConfig"] = properties.get("LogsConfig", {})
        return name, attributes

    def update_project(physical_id, old_properties, properties, stack_name):
        name, attributes = update(physical_id, old_properties, properties, stack_name)
        codebuild._projects[name]["logsConfig"] = properties.get("LogsConfig", {})
        return name, attributes

    handlers["create"], handlers["update"] = create_project, update_project


def _start_build(data):
    from ministack.core.responses import error_response_json, json_response
    from ministack.services import codebuild

    name = data.get("projectName", "")
    project = codebuild._projects.get(name)
    if project is None:
        return error_response_json("ResourceNotFoundException", f"Project cannot be found for name: {name}", 400)
    if _stopping.is_set():
        return error_response_json("AccountLimitExceededException", "The local AWS is shutting down", 400)
    build = _Build(copy.deepcopy(project), data)
    _runs[build.record["id"]] = build
    # The stores are scoped by the request's account and region, which a new thread does not inherit.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(build.run,), daemon=True).start()
    return json_response({"build": build.record})


def _stop_build(data):
    from ministack.core.responses import error_response_json, json_response
    from ministack.services import codebuild

    build_id = data.get("id", "")
    if build_id not in codebuild._builds:
        return error_response_json("ResourceNotFoundException", f"Build {build_id} cannot be found", 400)
    run = _runs.get(build_id)
    if run is not None:
        run.stop()
        run.finished.wait(30)
    return json_response({"build": codebuild._builds[build_id]})


class _Build:
    """One build: its record as CodeBuild shows it, kept up to date while a BuildRunner works."""

    def __init__(self, project, request):
        from ministack.core.responses import get_region
        from ministack.services import codebuild

        self._project = project
        self._region = get_region()
        build_id = codebuild._build_id(project["name"])
        self.uuid = build_id.split(":")[1]
        self.finished = threading.Event()
        self._minutes = float(request.get("timeoutInMinutesOverride") or project.get("timeoutInMinutes") or 60)
        self._buildspec = request.get("buildspecOverride") or (project.get("source") or {}).get("buildspec") or ""
        variables = {
            variable["name"]: variable
            for variable in [
                *((project.get("environment") or {}).get("environmentVariables") or []),
                *(request.get("environmentVariablesOverride") or []),
            ]
        }
        self._variables = list(variables.values())
        record = codebuild._make_build_record(project, build_id, request.get("sourceVersion"))
        del record["endTime"]
        logs = ((project.get("logsConfig") or {}).get("CloudWatchLogs") or {}).get("GroupName")
        group = logs or f"/aws/codebuild/{project['name']}"
        record.update(
            startTime=time.time(),
            currentPhase="QUEUED",
            buildStatus="IN_PROGRESS",
            buildComplete=False,
            serviceRole=project["serviceRole"],
            timeoutInMinutes=self._minutes,
            environment={**(project.get("environment") or {}), "environmentVariables": self._variables},
            exportedEnvironmentVariables=[],
            phases=[],
            logs={
                "groupName": group,
                "streamName": self.uuid,
                "deepLink": (
                    f"https://console.aws.amazon.com/cloudwatch/home?region={self._region}#logsV2:log-groups/"
                    f"log-group/{quote(group, safe='')}/log-events/{self.uuid}"
                ),
            },
        )
        self.record = record
        for phase in ("SUBMITTED", "QUEUED", "PROVISIONING"):
            self._on_phase(phase, None, [])
            self._on_phase(phase, "SUCCEEDED", [])
        self._credentials = _role_session(project["serviceRole"], f"AWSCodeBuild-{self.uuid}")
        self._runner = BuildRunner(
            folder=os.path.join(_Settings.folder, "builds", self.uuid),
            environment=self._environment,
            source=self._source,
            buildspec=self._read_buildspec,
            secret=self._secret,
            timeout_seconds=self._minutes * 60,
            on_lines=self._on_lines,
            on_phase=self._on_phase,
        )

    def stop(self):
        self._runner.stop()

    def run(self):
        from ministack.services import cloudwatch_logs as logs, sts

        group, stream = self.record["logs"]["groupName"], self.uuid
        logs._create_log_group({"logGroupName": group})
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
        status = "FAULT"
        try:
            status = self._runner.run()
        except Exception:
            logger.exception("build %s", self.record["id"])
        finally:
            sts._sessions.pop(self._credentials["AWS_ACCESS_KEY_ID"], None)
            for phase in ("FINALIZING", "COMPLETED"):
                self._on_phase(phase, "SUCCEEDED", [])
            self._update(
                buildStatus=status,
                buildComplete=True,
                endTime=time.time(),
                exportedEnvironmentVariables=self._runner.exported,
            )
            _runs.pop(self.record["id"], None)
            self.finished.set()

    def _update(self, **changes):
        """The record is replaced, never changed in place: a request may be reading it on another thread."""
        from ministack.services import codebuild

        self.record = {**self.record, **changes}
        codebuild._builds[self.record["id"]] = self.record

    def _on_phase(self, phase, status, contexts):
        now = time.time()
        if status is None:
            phases = [*self.record["phases"], {"phaseType": phase, "startTime": now}]
        else:
            *earlier, last = self.record["phases"]
            if last["phaseType"] != phase:
                earlier, last = self.record["phases"], {"phaseType": phase, "startTime": now}
            ended = {"phaseStatus": status, "endTime": now, "contexts": contexts}
            duration = {"durationInSeconds": int(now - last["startTime"])}
            phases = [*earlier, {**last, **ended, **duration}]
        self._update(phases=phases, currentPhase=phase)

    def _on_lines(self, lines):
        from ministack.services import cloudwatch_logs as logs

        now = int(time.time() * 1000)
        # CloudWatch refuses empty messages; CodeBuild's own log has its line ends too.
        events = [{"timestamp": now, "message": f"{line}\n"} for line in lines]
        logs._put_log_events(
            {"logGroupName": self.record["logs"]["groupName"], "logStreamName": self.uuid, "logEvents": events}
        )

    def _check_role(self, action, resource_arn):
        denied = _denied(self._project["serviceRole"], f"AWSCodeBuild-{self.uuid}", action, resource_arn)
        if denied:
            raise BuildFailure("CLIENT_ERROR", f"AccessDenied: {denied}")

    def _source(self):
        from ministack.services import s3

        source = self._project.get("source") or {}
        if source.get("type") == "NO_SOURCE":
            return None
        if source.get("type") != "S3":
            raise BuildFailure("CLIENT_ERROR", f"a source of type {source.get('type')} is not implemented locally")
        bucket, _, key = source["location"].removeprefix("arn:aws:s3:::").partition("/")
        self._check_role("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
        archive = s3._get_object_data(bucket, key)
        if archive is None:
            raise BuildFailure("CLIENT_ERROR", f"NoSuchKey: {bucket}/{key}")
        return archive

    def _read_buildspec(self, source_folder):
        inline = "\n" in self._buildspec or self._buildspec.lstrip().startswith("{")
        if inline:
            return self._buildspec
        name = self._buildspec or "buildspec.yml"
        try:
            with open(os.path.join(source_folder, name), encoding="utf-8") as file:
                return file.read()
        except OSError as error:
            raise BuildFailure("YAML_FILE_ERROR", f"stat {name}: {error.strerror}") from error

    def _secret(self, kind, reference):
        from ministack.core.responses import get_account_id
        from ministack.services import secretsmanager, ssm

        scope = f"{self._region}:{get_account_id()}"
        if kind == "PARAMETER_STORE":
            self._check_role("ssm:GetParameters", f"arn:aws:ssm:{scope}:parameter/{reference.lstrip('/')}")
            status, _, body = _require(ssm, "_get_parameter")({"Name": reference, "WithDecryption": True})
            answer = json.loads(body)
            value = answer.get("Parameter", {}).get("Value")
            json_key = ""
        else:
            # secret-id:json-key:version-stage:version-id, where the id may be an ARN of seven parts.
            parts = reference.split(":")
            split = 7 if reference.startswith("arn:") else 1
            secret_id, (json_key, *_) = ":".join(parts[:split]), [*parts[split:], ""]
            status, _, body = _require(secretsmanager, "_get_secret_value")({"SecretId": secret_id})
            answer = json.loads(body)
            self._check_role("secretsmanager:GetSecretValue", answer.get("ARN", secret_id))
            value = answer.get("SecretString")
        if status >= 400 or value is None:
            raise BuildFailure("Secrets Manager Error Message", f"{reference}: {answer.get('message', 'not found')}")
        if not json_key:
            return value
        try:
            return str(json.loads(value)[json_key])
        except (ValueError, KeyError, TypeError) as error:
            raise BuildFailure("Secrets Manager Error Message", f"{reference}: no key {json_key}") from error

    def _environment(self):
        """The build's whole environment: nothing of the developer's shell but what server.ts chose."""
        folder = os.path.join(_Settings.folder, "builds", self.uuid)
        environment = {
            **_Settings.build_environment,
            "HOME": os.path.join(folder, "home"),
            "TMPDIR": os.path.join(folder, "tmp"),
            "AWS_ENDPOINT_URL": _Settings.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_PAGER": "",
            "CODEBUILD_BUILD_ID": self.record["id"],
            "CODEBUILD_BUILD_ARN": self.record["arn"],
            "CODEBUILD_BUILD_NUMBER": str(self.record["buildNumber"]),
            "CODEBUILD_BUILD_IMAGE": (self._project.get("environment") or {}).get("image", ""),
            "CODEBUILD_BUILD_SUCCEEDING": "1",
            "CODEBUILD_INITIATOR": self.record["initiator"],
            "CODEBUILD_LOG_PATH": self.uuid,
            "CODEBUILD_PROJECT_ARN": self._project["arn"],
            "CODEBUILD_SRC_DIR": os.path.join(folder, "src"),
            "CODEBUILD_START_TIME": str(int(self.record["startTime"] * 1000)),
            **self._credentials,
        }
        for variable in self._variables:
            kind = variable.get("type") or "PLAINTEXT"
            value = variable.get("value", "")
            environment[variable["name"]] = value if kind == "PLAINTEXT" else self._runner.reveal(kind, value)
        return environment


# --- Lambda -----------------------------------------------------------------------------------------------------------


def _replace_node_runtime():
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    script = _require(lambda_runtime, "_NODEJS_WORKER_SCRIPT")
    # Both places that answer with an error: a rejected promise, and a handler that throws at once.
    for before, error in (
        ('status: "error", error: String(err.message || err), trace: err.stack || ""', "err"),
        ('status: "error", error: e.message, trace: e.stack', "e"),
    ):
        if script.count(before) != 1:
            raise RuntimeError(
                "MiniStack's Node worker script has changed: local/ministack/bridge.py cannot make it report the names "
                "of errors. Install the version in local/requirements.txt, or bring the bridge up to date."
            )
        name = f"{error} instanceof Error ? {error}.name : typeof {error}"
        script = script.replace(before, f"{before}, errorType: {name}")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script

    last = threading.local()  # the answer of the worker that this thread called last
    worker = _require(lambda_runtime, "Worker")

    @_wrap(worker, "invoke")
    def invoke(original, self, *args, **kwargs):
        last.answer = original(self, *args, **kwargs)
        return last.answer

    @_wrap(worker, "_drain_stderr_bounded")
    def drain(original, self, **waits):
        return original(self, **{"first_line_wait": 0.003, **waits})

    @_wrap(lambda_svc, "_execute_function_warm")
    def execute(original, func, event, request_id):
        last.answer = {}
        result = original(func, event, request_id)
        if result.get("error") and result["body"].get("errorMessage") == "Worker process died":
            # As AWS reports a process that ends in the middle of a call.
            result["body"]["errorType"] = "Runtime.ExitError"
            result["body"]["errorMessage"] = "Error: Runtime exited without providing a reason"
        if result.get("error") and last.answer.get("errorType"):
            result["body"]["errorType"] = last.answer["errorType"]
            result["body"]["trace"] = last.answer.get("trace", "").split("\n")
        return result


# --- the server -------------------------------------------------------------------------------------------------------


def _replace_app():
    from ministack import app as server

    _replace_cloudfront_origin()
    inner = _require(server, "app")

    async def app(scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/_hkdist/health":
            await _answer_health(send)
            return
        if scope["type"] == "http" and scope["path"].startswith("/_aws/cloudfront/"):
            scope = _cloudfront_scope(scope)
        _used.set()
        await inner(scope, receive, send)

    server.app = app

    def save(services):
        with _saving:
            write({name: _steady(get_state) for name, get_state in services.items()})

    write = _require(server, "save_all")
    collect = _require(server, "_build_persistence_save_dict")

    @_wrap(server, "save_all")
    def save_all(_original, services):
        _end_everything()
        save(services)

    @_wrap(server, "_load_persisted_state")
    def load_persisted_state(original):
        original()
        threading.Thread(target=_checkpoints, args=(lambda: save(collect()),), daemon=True).start()


async def _answer_health(send):
    from ministack import app as server

    body = json.dumps(
        {
            "folder": _Settings.folder,
            "pid": os.getpid(),
            "auth": server.AUTH,
            "fingerprint": _Settings.fingerprint,
            "running": [execution["executionArn"] for execution in _running_executions()],
            "builds": list(_runs),
        }
    ).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _replace_cloudfront_origin():
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region
    from ministack.services import s3

    for name in ("_buckets", "_bucket_policies", "_error"):
        _require(s3, name)

    @_wrap(s3, "serve_cloudfront_origin_fetch")
    def fetch(original, bucket_name, key, method, headers, source_arn="", oai_id=""):
        answer = original(bucket_name, key, method, headers, source_arn, oai_id)
        bucket, policy = s3._buckets.get(bucket_name), s3._bucket_policies.get(bucket_name)
        if answer[0] != 403 or bucket is None or key in bucket["objects"] or not policy:
            return answer
        context = iam_evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action="s3:ListBucket",
            resource_arn=f"arn:aws:s3:::{bucket_name}",
            region=get_region(),
            service_context={"aws:sourcearn": source_arn},
        )
        decision = iam_evaluator.evaluate_resource_policy(policy, context, service="cloudfront.amazonaws.com")
        if decision.decision != "Allow":
            return answer
        status, found, body = s3._error("NoSuchKey", "The specified key does not exist.", 404, f"/{bucket_name}/{key}")
        return status, found, b"" if method == "HEAD" else body


def _cloudfront_scope(scope):
    """The same request as the distribution's own: its domain name as Host, the rest of the path as path."""
    domain, _, path = scope["path"].removeprefix("/_aws/cloudfront/").partition("/")
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    raw_rest = raw_path.split(b"?")[0].removeprefix(b"/_aws/cloudfront/").partition(b"/")[2]
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {
        **scope,
        "path": "/" + path,
        "raw_path": b"/" + raw_rest,
        "headers": [*headers, (b"host", domain.encode())],
    }


def _running_executions():
    from ministack.services import stepfunctions as sfn

    return [execution for execution in list(sfn._executions.all_values()) if execution["status"] == "RUNNING"]


def _end_everything():
    """Before the state is saved: no build may outlive the server, and no execution may stay RUNNING."""
    from ministack.services import stepfunctions as sfn

    _stopping.set()
    for execution in _running_executions():
        sfn._fail_execution(execution, "States.Runtime", "The local AWS was stopped while this execution was running")
    runs = list(_runs.values())
    for run in runs:
        run.stop()
    for run in runs:
        run.finished.wait(15)


def _checkpoints(save):
    while not _stopping.wait(CHECKPOINT_SECONDS):
        if _used.is_set():
            _used.clear()
            save()


def _steady(get_state):
    """A state that changes while it is copied raises RuntimeError, and would then not be saved at all: copy again."""

    def read():
        for _ in range(20):
            try:
                return get_state()
            except RuntimeError:
                time.sleep(0.1)
        return get_state()

    return read
