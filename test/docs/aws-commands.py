"""Reads [[service, operation, [option, ...]], ...] and writes for each what the installed AWS CLI does not know, or null."""

import json
import sys

from awscli.clidriver import create_clidriver

# Options of version 2 for any command, which version 1, the one installed here, lacks.
VERSION_2 = {"cli-binary-format"}

driver = create_clidriver()
services = driver._get_command_table()
everywhere = set(driver._get_argument_table()) | VERSION_2


def table_of(command):
    for name in ("_get_command_table", "_create_command_table"):
        if hasattr(command, name):
            return getattr(command, name)()
    return dict(command.subcommand_table)


def problem(service, operation, options):
    if service not in services:
        return f"no service {service}"
    operations = {**table_of(services[service]), **getattr(services[service], "subcommand_table", {})}
    if operation is None:
        return None
    if operation not in operations:
        return f"no operation {service} {operation}"
    known = everywhere | set(operations[operation].arg_table)
    unknown = [option for option in options if option.removeprefix("--") not in known]
    return f"{service} {operation} has no {', '.join(unknown)}" if unknown else None


json.dump([problem(*use) for use in json.load(sys.stdin)], sys.stdout)
