"""Runs a command in the environment that a rendered chart (standard input) gives the daemon."""
import os
import subprocess
import sys
import tempfile

import yaml

for manifest in yaml.safe_load_all(sys.stdin):
    if manifest and manifest["kind"] == "StatefulSet":
        variables = manifest["spec"]["template"]["spec"]["containers"][0]["env"]
with tempfile.NamedTemporaryFile("w", suffix=".secret") as secret:
    secret.write("a secret of this test, long enough for any")
    secret.flush()
    value = lambda variable: secret.name if variable["name"].endswith("_FILE") else variable.get("value", "newswatch-0")
    environment = {**os.environ, **{variable["name"]: value(variable) for variable in variables}}
    sys.exit(subprocess.run(sys.argv[1:], env=environment, check=False).returncode)
