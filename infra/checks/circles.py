"""No circle between the files of a package, by the paths that they name.

An arrow goes from a file to every file of the same package whose items it names: in
`use` declarations and in paths, whether they begin with `crate::`, `super::`, `self::`,
a module that the file declares or a name that it imports. A name that a module passes
on (`pub use`) counts for the file that defines it. Declaring a module is no arrow, nor
is importing one; a path through it is. What only tests name (`#[cfg(test)]`) doesn't
count; suites of tests are packages like others.

    python infra/checks/circles.py
"""

import json
import re
import subprocess
import sys
from pathlib import Path

NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""  # comments
    r"""|b?r(?P<hashes>\#*)".*?"(?P=hashes)|b?"(?:\\.|[^"\\])*\""""  # strings
    r"""|b?'(?:\\(?:u\{\w+\}|x\w\w|.)|[^\\'])'""",  # characters
    re.DOTALL,
)
VISIBLE = r"(?:pub(?:\([^)]*\))?\s+)?"
TESTED = re.compile(
    r"#\[cfg\((?:test|all\(test|any\(test)[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*"
    + VISIBLE
    + r"(?:async|const|enum|fn|impl|mod|static|struct|trait|type|use)\b[^;{]*[;{]"
)
MODULE = re.compile(r"\bmod\s+(\w+)\s*([;{])")
USE = re.compile(rf"{VISIBLE}\buse\s+([\w:{{][^;]*);")
PATH = re.compile(r"(?<![\w:])\w+(?:::\w+)+")
DEFINED = re.compile(r"\b(?:const|enum|fn|macro_rules!|static|struct|trait|type)\s+(\w+)")


def block_end(text, start):
    """The end of the block whose opening brace is at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def without_tests(text):
    """The text without the items that only tests see."""
    while found := TESTED.search(text):
        end = found.end() if found.group().endswith(";") else block_end(text, found.end() - 1)
        text = text[: found.start()] + text[end:]
    return text


def expanded(tree):
    """The single paths of a `use` tree, each with the name that it brings."""
    tree = tree.strip()
    brace = tree.find("{")
    if brace < 0:
        path, _, alias = tree.partition(" as ")
        path = re.sub(r"\s+", "", path)
        yield path, alias.strip() or path.rsplit("::", 1)[-1]
        return
    lead, inner = tree[:brace].strip(), tree[brace + 1 : tree.rfind("}")]
    depth, part, parts = 0, "", []
    for letter in inner:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    for part in [*parts, part]:
        if part.strip():
            for path, name in expanded(part):
                if path == "self":
                    whole = lead.removesuffix("::")
                    yield whole, whole.rsplit("::", 1)[-1] if name == "self" else name
                else:
                    yield lead + path, name


class Package:
    """The modules of a package: their files, what they import and what they name."""

    def __init__(self, root):
        self.files, self.texts, self.uses, self.imports = {}, {}, {}, {}
        self.read((), root, root.parent)

    def read(self, module, file, folder):
        """Reads the file of a module and those that it declares."""
        self.take(module, file, folder, without_tests(NOISE.sub('""', file.read_text())))

    def take(self, module, file, folder, text):
        """Takes in a module's text, and the modules that it declares or holds."""
        self.files[module] = file
        while found := MODULE.search(text):
            inner, end = (*module, found[1]), found.end()
            if found[2] == "{":
                end = block_end(text, end - 1)
                self.take(inner, file, folder / found[1], text[found.end() : end - 1])
            for place in (folder / f"{found[1]}.rs", folder / found[1] / "mod.rs"):
                if found[2] == ";" and place.exists():
                    self.read(inner, place, folder / found[1])
            text = text[: found.start()] + text[end:]
        paths = [(path, name) for tree in USE.findall(text) for path, name in expanded(tree)]
        self.uses[module] = [path for path, _ in paths]
        self.imports[module] = {name: path for path, name in paths if name not in "*_"}
        self.texts[module] = USE.sub("", text)

    def absolute(self, module, path, through_imports=False):
        """The segments of a path from the root of the package; None when it leads elsewhere."""
        first, *rest = path.split("::")
        if first == "crate":
            return tuple(rest)
        if first == "self":
            return (*module, *rest)
        if first == "super":
            while rest and rest[0] == "super":
                module, rest = module[:-1], rest[1:]
            return (*module[:-1], *rest)
        if (*module, first) in self.files:
            return (*module, first, *rest)
        if through_imports and first in self.imports[module]:
            lead = self.absolute(module, self.imports[module][first])
            return None if lead is None else (*lead, *rest)
        return None

    def target(self, segments, seen=()):
        """The module that defines what these segments name, and the name in it; none for what is not ours."""
        module = ()
        while len(module) < len(segments) and (*module, segments[len(module)]) in self.files:
            module = (*module, segments[len(module)])
        rest = segments[len(module) :]
        if not rest or (module, rest[0]) in seen:
            return module, rest
        seen = (*seen, (module, rest[0]))
        if rest[0] in self.imports[module]:
            lead = self.absolute(module, self.imports[module][rest[0]])
            return (module, ()) if lead is None else self.target((*lead, *rest[1:]), seen)
        if rest[0] not in DEFINED.findall(self.texts[module]):
            for path in self.uses[module]:
                lead = self.absolute(module, path.removesuffix("::*")) if path.endswith("::*") else None
                of, name = self.target((*lead, *rest), seen) if lead is not None else ((), ())
                if name and name[0] in DEFINED.findall(self.texts[of]):
                    return of, name
        return module, rest

    def arrows(self):
        """For every file those that it names."""
        arrows = {file: set() for file in self.files.values()}
        for module, file in self.files.items():
            named = [self.absolute(module, path) for path in self.uses[module]]
            named += [self.absolute(module, path, through_imports=True) for path in PATH.findall(self.texts[module])]
            targets = [self.target(segments) for segments in named if segments is not None]
            arrows[file] |= {self.files[of] for of, name in targets if name} - {file}
        return arrows


def circles(arrows):
    """The strongly connected components of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(arrows[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            ring = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(ring) > 1:
                found.append(sorted(ring))

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return found


def roots(metadata):
    """The root files of our libraries, binaries and suites of tests."""
    targets = [target for package in metadata["packages"] for target in package["targets"]]
    return sorted(Path(target["src_path"]) for target in targets if {"lib", "bin", "test"} & set(target["kind"]))


def main():
    """Prints the circles; the exit code for them."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    metadata = json.loads(subprocess.check_output(command))
    failed = 0
    for root in roots(metadata):
        arrows = Package(root).arrows()
        for ring in circles(arrows):
            failed = 1
            folder = root.parent.relative_to(metadata["workspace_root"])
            print(f"{folder}: a circle of {len(ring)} files")
            for file in ring:
                to = [str(other.relative_to(root.parent)) for other in sorted(arrows[file]) if other in ring]
                print(f"  {file.relative_to(root.parent)} -> {', '.join(to)}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
