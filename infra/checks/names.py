"""One meaning for every type name: no two types of our packages have the same name.

Counted are the structs, enums, traits and type aliases of the libraries and binaries in
`shared`, `functions` and `infra`, private ones too, and those that a macro of ours makes
of its lines (`ids!`, `texts!`, `words!`): who searches for a name finds one definition,
and a name in a sentence needs no path. Not counted are what only tests see
(`#[cfg(test)]`) and the associated types of traits and their impls.

    python infra/checks/names.py
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from circles import NOISE, TESTED, Package, block_end

FOLDERS = ("shared/", "functions/", "infra/")
DEFINED = re.compile(r"(?<![#\w])(struct|enum|trait|type)\s+(\w+)")
# The blocks whose `type` is associated with a trait, or may be.
ASSOCIATED = re.compile(
    r"^[ \t]*(?:(?:pub(?:\([^)]*\))?\s+)?(?:unsafe\s+)?(?:impl|trait)\b|macro_rules!)[^;{]*\{", re.MULTILINE
)

# A macro that makes types of names that it is given, and the lines of a call that name one.
MACRO = re.compile(r"\bmacro_rules!\s+(\w+)\s*\{")
MAKES_TYPES = re.compile(r"\b(?:struct|enum)\s+\$")
MADE = re.compile(r"^\s*([A-Z]\w+)\b", re.MULTILINE)


def blank(text):
    """A text of the same lines without letters."""
    return re.sub(r"[^\n]", " ", text)


def seen(text):
    """The text without comments, strings and what only tests see; every line stays where it is."""
    text = NOISE.sub(lambda noise: blank(noise.group()), text)
    while found := TESTED.search(text):
        end = found.end() if found.group().endswith(";") else block_end(text, found.end() - 1)
        text = text[: found.start()] + blank(text[found.start() : end]) + text[end:]
    return text


def makers(texts):
    """The macros that these texts define to make types."""
    for text in texts:
        for macro in MACRO.finditer(text):
            if MAKES_TYPES.search(text[macro.end() : block_end(text, macro.end() - 1)]):
                yield macro[1]


def made(text, macros):
    """The names of the types that calls of these macros make, each with its place in the text."""
    for call in re.finditer(rf"\b(?:{'|'.join(macros)})!\s*\{{", text):
        inner = text[call.end() : block_end(text, call.end() - 1) - 1]
        while brace := re.search(r"\{[^{}]*\}", inner):
            inner = inner[: brace.start()] + blank(brace.group()) + inner[brace.end() :]
        for found in MADE.finditer(inner):
            yield found[1], call.end() + found.start(1)


def defined(text, macros):
    """The type names that a text defines, each with its line."""
    blocks = [(block.end(), block_end(text, block.end() - 1)) for block in ASSOCIATED.finditer(text)]
    for found in DEFINED.finditer(text):
        is_associated = found[1] == "type" and any(start <= found.start() < end for start, end in blocks)
        if not is_associated:
            yield found[2], text.count("\n", 0, found.start()) + 1
    for name, at in made(text, macros) if macros else ():
        yield name, text.count("\n", 0, at) + 1


def repeated(files):
    """The names that these files define more than once, each with its places as (file, line)."""
    texts = {file: seen(file.read_text()) for file in sorted(files)}
    macros, places = sorted(set(makers(texts.values()))), {}
    for file, text in texts.items():
        for name, line in defined(text, macros):
            places.setdefault(name, []).append((file, line))
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def product_files(metadata):
    """The files of our libraries and binaries, without those that only tests see."""
    root = Path(metadata["workspace_root"])
    for package in metadata["packages"]:
        for target in package["targets"]:
            source = Path(target["src_path"])
            is_ours = source.relative_to(root).as_posix().startswith(FOLDERS)
            if is_ours and {"lib", "bin"} & set(target["kind"]):
                yield from Package(source).files.values()


def main():
    """Prints the names and their places; the exit code for them."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    metadata = json.loads(subprocess.check_output(command))
    found = repeated(set(product_files(metadata)))
    for name, places in found.items():
        print(f"{name}: defined {len(places)} times")
        for file, line in places:
            print(f"  {file.relative_to(metadata['workspace_root'])}:{line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
