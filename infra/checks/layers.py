"""The direction of dependencies between our packages, from `cargo metadata`.

    domain ◄ store ◄ api ◄ HTTP functions        domain ◄ outbound ◄ deliver

Functions never depend on each other; only `infra/local` and `tests` see them
all. Who may name the AWS SDKs is cargo-deny's business (`deny.toml`).

    python infra/checks/layers.py
"""

import json
import subprocess
import sys
from pathlib import Path

# Folder of a package, and the folders of ours that it may depend on. A name
# that ends in a slash stands for every package under it.
ALLOWED = {
    "shared/domain": (),
    "shared/store": ("shared/domain",),
    "shared/objects": ("shared/domain", "shared/store"),
    "shared/runtime": ("shared/domain", "shared/store", "shared/objects"),
    "shared/api": ("shared/domain", "shared/store", "shared/objects", "shared/runtime"),
    "shared/outbound": ("shared/domain",),
    # The fan-out, so that tests have what follows from a change from the one list of projections.
    "shared/testkit": ("shared/", "infra/engine", "functions/fanout"),
    "functions/": ("shared/domain", "shared/store", "shared/runtime", "shared/api", "shared/outbound", "shared/objects"),
    "infra/engine": (),
    "infra/local": ("shared/", "functions/", "infra/engine"),
    "tests": ("shared/", "functions/", "infra/"),
    "tests/": ("shared/", "functions/", "infra/", "tests", "tests/"),
}
# What only tests may use, in any package.
FOR_TESTS = ("shared/", "infra/engine")
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


def violations(metadata):
    """One sentence for every dependency against the direction."""
    root = Path(metadata["workspace_root"])

    def folder_of(path):
        return Path(path).relative_to(root).as_posix()

    for package in metadata["packages"]:
        folder = folder_of(Path(package["manifest_path"]).parent)
        may = allowed(folder)
        if may is None:
            yield f"{folder}: has no layer; name one in infra/checks/layers.py"
            continue
        for dependency in package["dependencies"]:
            name, tests_only = dependency["name"], dependency["kind"] == "dev"
            if dependency.get("path"):
                of = folder_of(dependency["path"])
                if not under(of, may) and not (tests_only and under(of, FOR_TESTS)):
                    yield f"{folder}: may not depend on {of}"
            elif folder == "shared/domain" and not tests_only and name.startswith(IMPURE):
                yield f"{folder}: is pure and may not depend on {name}"


def main():
    """Prints the violations; the exit code for them."""
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    found = list(violations(json.loads(subprocess.check_output(command))))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
