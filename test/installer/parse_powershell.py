"""Reads PowerShell from standard input; prints every place that is none, and nothing when all is."""

import sys

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser


def mistakes(node: Node):
    if node.is_error or node.is_missing:
        line, column = node.start_point
        yield f"{line + 1}:{column + 1}: {node.type} {node.text.decode()[:60]!r}"
    for child in node.children:
        yield from mistakes(child)


text = sys.stdin.buffer.read()
for mistake in mistakes(Parser(Language(tree_sitter_powershell.language())).parse(text).root_node):
    print(mistake)
