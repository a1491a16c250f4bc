"""Expands the SAM template into plain CloudFormation, offline.

What CloudFormation does with the `AWS::Serverless` transform, done here by the
same library, so that the linters see the resources that will really exist.

    python infra/checks/expand.py infra/template.yaml > expanded.json
"""

import functools
import json
import os
import sys
from pathlib import Path

from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# The transform asks for a region; nothing in the template depends on which.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")


class NoManagedPolicies(ManagedPolicyLoader):
    """Stands in for the loader that asks IAM for AWS's managed policies.

    Every role is written by hand, so none is needed; `rules.py` refuses a role
    that names one.
    """

    def __init__(self):
        super().__init__(iam_client=None)
        self._policy_map = {}

    def load(self):
        """No policy, instead of a call to IAM."""
        return self._policy_map


def parse(text):
    """The SAM template as written, tags such as `!Ref` in their long form."""
    return yaml_parse(text)


@functools.cache
def expand(text):
    """The CloudFormation template, a dictionary, that the SAM template `text` stands for.

    Kept per text, so callers only read it. Raises
    `samtranslator.model.exceptions.InvalidDocumentException` where
    CloudFormation would refuse it.
    """
    template = parse(text)
    for resource in template["Resources"].values():
        # The transform takes uploaded code only.
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = {"Bucket": "artefacts", "Key": "bootstrap.zip"}
    values = {
        name: parameter.get("Default", "stand-in")
        for name, parameter in template.get("Parameters", {}).items()
    }
    return transform(template, values, NoManagedPolicies())


if __name__ == "__main__":
    json.dump(expand(Path(sys.argv[1]).read_text()), sys.stdout, indent=1)
