"""No circle between the files of a package, by the paths that they name.

An arrow goes from a file to every file of the same package whose items it names: in
`use` declarations and in paths that begin with `crate::`, `super::` or `self::`. A name
that a module passes on (`pub use`) counts for the file that defines it; declaring a
module is no arrow. What only tests name (`#[cfg(test)]`) doesn't count.

    python infra/checks/circles.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = re.compile(r"\b(?:crate|super|self)(?:::\w+)+")
USE = re.compile(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")
TESTS = re.compile(r"#\[cfg\((?:test|all\(test|any\(test)[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*([;{])")


def uncommented(text):
    """The text without comments and string literals, which may look like paths."""
    text = re.sub(r'r#".*?"#', '""', text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def block_end(text, start):
    """The end of the block whose opening brace is at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def without_tests(text):
    """The text without its test modules, and the names of test modules in files of their own."""
    names = set()
    while found := TESTS.search(text):
        if found.group(2) == ";":
            names.add(found.group(1))
            end = found.end()
        else:
            end = block_end(text, found.end() - 1)
        text = text[: found.start()] + text[end:]
    return text, names


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
                whole = lead + path
                yield (whole[: -len("::self")], lead[:-2].rsplit("::", 1)[-1]) if path == "self" else (whole, name)


class Package:
    """The modules of a package: their files, what they pass on and what they name."""

    def __init__(self, source):
        self.files, self.texts, self.passed, self.uses = {}, {}, {}, {}
        for root in ("lib.rs", "main.rs"):
            if (source / root).exists():
                self.read((), source / root, source)
                break

    def read(self, module, file, folder):
        """Reads a module and those that it declares."""
        text, tests = without_tests(uncommented(file.read_text()))
        self.files[module], self.texts[module] = file, text
        for name in re.findall(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;", text):
            if name in tests:
                continue
            for place in (folder / f"{name}.rs", folder / name / "mod.rs"):
                if place.exists():
                    self.read((*module, name), place, folder / name)
        self.uses[module] = [(bool(public), path, name) for public, tree in USE.findall(text) for path, name in expanded(tree)]
        self.passed[module] = {name: path for public, path, name in self.uses[module]}

    def absolute(self, module, path):
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
        return None

    def target(self, segments, seen=()):
        """The module whose file defines what these segments name."""
        module = ()
        while len(module) < len(segments) and (*module, segments[len(module)]) in self.files:
            module = (*module, segments[len(module)])
        rest = segments[len(module) :]
        if rest and rest[0] in self.passed[module] and (module, rest[0]) not in seen:
            through = self.absolute(module, self.passed[module][rest[0]])
            if through is not None:
                return self.target((*through, *rest[1:]), (*seen, (module, rest[0])))
        return module

    def arrows(self):
        """For every module those that it names."""
        arrows = {}
        for module, text in self.texts.items():
            paths = {path for _, path, _ in self.uses[module]}
            body = USE.sub("", text)
            paths.update(PATH.findall(body))
            ours = {self.absolute(module, path) for path in paths} - {None}
            arrows[module] = {self.target(segments) for segments in ours} - {module}
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


def sources(root):
    """The source folder of every package of ours."""
    for place in ("shared", "functions", "infra", "tests"):
        yield from sorted(manifest.parent / "src" for manifest in (root / place).rglob("Cargo.toml"))


def main():
    """Prints the circles; the exit code for them."""
    failed = 0
    for source in sources(ROOT):
        package = Package(source)
        arrows = package.arrows()
        for ring in circles(arrows):
            failed = 1
            print(f"{source.relative_to(ROOT)}: a circle of {len(ring)} files")
            for module in ring:
                to = sorted("::".join(other) or "crate" for other in arrows[module] if other in ring)
                print(f"  {package.files[module].relative_to(source)} -> {', '.join(to)}")
    return failed


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    sys.exit(main())
