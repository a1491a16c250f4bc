"""The direction of dependencies between our packages, from `cargo metadata`.

    domain ◄ store/table ◄ the stores ◄ objects ◄ runtime ◄ api ◄ HTTP functions
    domain ◄ outbound ◄ deliver, webhooks

Each store and each function names the stores that it may use, so that one more is a
decision. Functions never depend on each other, nor anything but tests on the harness;
only `infra/local` and `tests` see them all. A package names no other without using it.
Who may name the AWS SDKs is cargo-deny's business (`deny.toml`).

    python infra/checks/layers.py
"""

import json
import subprocess
import sys
from pathlib import Path

from circles import PATH, Package


def shared(*names):
    """These packages in `shared`."""
    return tuple(f"shared/{name}" for name in names)


def stores(*names):
    """These stores, over the domain and the table that they all need."""
    return (*shared("domain", "store/table"), *(f"shared/store/{name}" for name in names))


# Folder of a package, and the folders of ours that it may depend on. A name
# that ends in a slash stands for every package under it.
ALLOWED = {
    "shared/domain": (),
    "shared/outbound": (),
    "shared/store/table": shared("domain"),
    "shared/store/directory": stores(),
    "shared/store/webhooks": stores(),
    "shared/store/contacts": stores(),
    "shared/store/tickets": stores("contacts", "directory"),
    "shared/store/events": stores("contacts", "tickets"),
    "shared/store/search": stores("contacts", "tickets"),
    "shared/store/reports": stores("events"),
    "shared/store/lists": stores("contacts", "reports", "search", "tickets"),
    "shared/objects": stores("contacts", "directory", "tickets"),
    "shared/runtime": (*stores(), *shared("objects")),
    "shared/api": (*stores("contacts", "directory", "tickets"), *shared("objects", "runtime")),
    "shared/testkit": ("shared/", "infra/engine", "functions/fanout"),
    "functions/contacts": (
        *stores("contacts", "events", "lists", "reports", "search"), *shared("api", "objects"),
    ),
    "functions/deliver": (*stores("events", "webhooks"), *shared("outbound", "runtime")),
    "functions/directory": (
        *stores("directory", "events", "lists", "reports", "search", "webhooks"), *shared("api", "runtime"),
    ),
    "functions/docs": shared("api", "runtime"),
    "functions/fanout": (
        *stores("contacts", "directory", "events", "lists", "reports", "search", "tickets", "webhooks"),
        *shared("runtime"),
    ),
    "functions/intake": (*stores("directory", "tickets"), *shared("api")),
    "functions/messages": (*stores("tickets"), *shared("api", "objects")),
    "functions/reports": shared("domain", "store/events", "store/reports", "api"),
    "functions/sweep": (*stores("contacts", "directory", "events", "search", "tickets"), *shared("objects", "runtime")),
    "functions/tickets": (*stores("events", "lists", "reports", "search", "tickets"), *shared("api")),
    "functions/webhooks": (*stores("events", "webhooks"), *shared("api", "outbound", "runtime")),
    "infra/engine": (),
    "infra/local": ("shared/", "functions/", "infra/engine"),
    "tests": ("shared/", "functions/", "infra/"),
    "tests/": ("shared/", "functions/", "infra/", "tests", "tests/"),
}
# What only tests may use, in any package.
FOR_TESTS = ("shared/", "infra/engine")
# The harness of tests, and who may depend on it though not in tests alone.
HARNESS = "shared/testkit"
HARNESSED = ("tests", "tests/")
# The domain is pure: no async, no AWS, no HTTP, no randomness, no logs.
IMPURE = (
    "aws-", "lambda_", "tokio", "futures", "axum", "http", "hyper", "tower", "reqwest",
    "getrandom", "fastrand", "rand", "ring", "tracing", "rusqlite", "dynoxide",
)


def under(folder, names):
    """Whether `folder` is one of `names`, or under one that ends in a slash."""
    return any(folder == name or (name.endswith("/") and folder.startswith(name)) for name in names)


def allowed(folder):
    """The folders that the package in `folder` may depend on; None when it has no layer yet."""
    if folder in ALLOWED:
        return ALLOWED[folder]
    return next((may for name, may in ALLOWED.items() if under(folder, (name,))), None)


def packages(metadata):
    """Every package of ours with its folder."""
    root = Path(metadata["workspace_root"])
    for package in metadata["packages"]:
        yield folder_of(root, Path(package["manifest_path"]).parent), package


def folder_of(root, path):
    """A folder as it is written here."""
    return Path(path).relative_to(root).as_posix()


def violations(metadata):
    """One sentence for every dependency against the direction."""
    for folder, package in packages(metadata):
        may = allowed(folder)
        if may is None:
            yield f"{folder}: has no layer; name one in infra/checks/layers.py"
            continue
        for dependency in package["dependencies"]:
            name, tests_only = dependency["name"], dependency["kind"] == "dev"
            if dependency.get("path"):
                of = folder_of(metadata["workspace_root"], dependency["path"])
                is_along = under(of, may) and (of != HARNESS or under(folder, HARNESSED))
                if not is_along and not (tests_only and under(of, FOR_TESTS)):
                    yield f"{folder}: may not depend on {of}"
            elif folder == "shared/domain" and not tests_only and name.startswith(IMPURE):
                yield f"{folder}: is pure and may not depend on {name}"


def stale(metadata):
    """One sentence for every package that may be named but isn't: the list is exact."""
    for folder, package in packages(metadata):
        paths = [dependency.get("path") for dependency in package["dependencies"] if dependency["kind"] != "dev"]
        named = {folder_of(metadata["workspace_root"], path) for path in paths if path}
        for of in allowed(folder) or ():
            if not of.endswith("/") and of not in named:
                yield f"{folder}: does not depend on {of} any more; say so in infra/checks/layers.py"


def unused(metadata):
    """One sentence for every dependency that its package's code never names, tests aside."""
    for folder, package in packages(metadata):
        targets = [target for target in package["targets"] if {"lib", "bin"} & set(target["kind"])]
        names = set().union(*(named(Path(target["src_path"])) for target in targets))
        for dependency in package["dependencies"]:
            name = dependency.get("rename") or dependency["name"]
            # A crate that is named after its language leaves that out in code.
            in_code = name.removesuffix("-rs").replace("-", "_")
            if dependency["kind"] != "dev" and in_code not in names:
                yield f"{folder}: depends on {name} and never names it"


def named(root):
    """The packages whose names begin a path in the files of this library or binary."""
    package = Package(root)
    paths = [path for text in package.texts.values() for path in PATH.findall(text)]
    paths += [path for uses in package.uses.values() for path in uses]
    return {path.split("::")[0] for path in paths}


def main():
    """Prints the violations; the exit code for them."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    metadata = json.loads(subprocess.check_output(command))
    found = [*violations(metadata), *stale(metadata), *unused(metadata)]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
