"""The manifests: judged by Kubernetes' own schemas, and fitting together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from adapter import __version__
from adapter.settings import PREFIX, Settings
from adapter.settings.environment import load

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
KUSTOMIZATION = YAML(typ="safe").load(FOLDER / "kustomization.yaml")
MANIFESTS: dict[tuple[str, str], dict[str, Any]] = {
    (made["kind"], made["metadata"]["name"]): made
    for name in KUSTOMIZATION["resources"]
    for made in YAML(typ="safe").load_all(FOLDER / name)
}
DEPLOYMENT = MANIFESTS["Deployment", "softphone"]["spec"]
POD = DEPLOYMENT["template"]["spec"]
(CONTAINER,) = POD["containers"]


def test_every_file_is_part_of_what_is_applied() -> None:
    """And kustomization.yaml names nothing that is not there."""
    assert {path.name for path in FOLDER.iterdir()} == {
        *KUSTOMIZATION["resources"],
        "kustomization.yaml",
    }


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("key", MANIFESTS, ids="-".join)
def test_each_manifest_satisfies_the_schema(key: tuple[str, str], version: str) -> None:
    """Of a Kubernetes of some years ago and of today; no field that it does not know."""
    kubernetes_validate.validate(MANIFESTS[key], version, strict=True)


def test_a_wrong_field_would_be_found() -> None:
    """Else the test above would show nothing."""
    wrong = {**MANIFESTS["Service", "softphone"], "specs": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_there_are_two_replicas_and_always_at_least_one() -> None:
    """Two at least while it is updated, one at least while a node is emptied."""
    assert DEPLOYMENT["replicas"] == 2
    assert DEPLOYMENT["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert MANIFESTS["PodDisruptionBudget", "softphone"]["spec"]["minAvailable"] == 1
    assert POD["terminationGracePeriodSeconds"] == 35


def test_every_selector_matches_pods() -> None:
    """The deployment, the service, the budget and the policy mean the same pods."""
    labels = DEPLOYMENT["template"]["metadata"]["labels"].items()
    selectors = [
        DEPLOYMENT["selector"]["matchLabels"],
        MANIFESTS["Service", "softphone"]["spec"]["selector"],
        MANIFESTS["PodDisruptionBudget", "softphone"]["spec"]["selector"]["matchLabels"],
        MANIFESTS["NetworkPolicy", "softphone"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels for selector in selectors)
    # The job is no replica: nobody sends it requests, and no budget counts it.
    job = MANIFESTS["Job", "softphone-migrate"]["spec"]["template"]["metadata"]["labels"]
    assert not selectors[1].items() <= job.items()
    assert selectors[3].items() <= job.items()


@pytest.mark.parametrize("kind", [("Deployment", "softphone"), ("Job", "softphone-migrate")])
def test_each_pod_is_unprivileged_and_runs_this_release(kind: tuple[str, str]) -> None:
    """As the namespace demands (restricted), and of the version that this checkout is."""
    pod = MANIFESTS[kind]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == f"softphone-adapter:{__version__}"
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (
        True,
        10001,
    )
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["automountServiceAccountToken"] is False
    # Variables of a service called softphone begin like settings:
    # https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
    assert pod["enableServiceLinks"] is False


def test_the_probes_use_the_health_routes() -> None:
    """Readiness by the store, life by the process alone: a full disk is no reason to restart."""
    assert CONTAINER["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert CONTAINER["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_each_variable_is_a_setting_and_each_secret_a_file() -> None:
    """No secret stands in the ConfigMap; what is a file lies where the secret is mounted."""
    told = MANIFESTS["ConfigMap", "softphone"]["data"]
    known = {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}
    assert {name.removesuffix("_FILE") for name in told} <= set(known)
    secrets = {name for name, field in known.items() if "SecretStr" in str(field.annotation)}
    assert not secrets & set(told)
    (mount,) = (one for one in CONTAINER["volumeMounts"] if one["name"] == "secrets")
    files = [value for name, value in told.items() if name.endswith("_FILE")]
    assert len(files) >= 4
    assert all(value.startswith(mount["mountPath"] + "/") for value in files)
    # The guide makes the secret of just these files, in a namespace that is there by then.
    guide = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    made = re.findall(r"--from-file=(\S+)", guide)
    assert sorted(made) == sorted(Path(value).name for value in files)
    assert guide.index("kubernetes/namespace.yaml") < guide.index("create secret generic")
    # The app that `metadata` deploys has a secret, which signing in asks for.
    assert "SOFTPHONE_SIGN_IN_CLIENT_SECRET_FILE" in told


def test_the_settings_of_the_config_map_would_start(tmp_path: Path) -> None:
    """Read as the adapter reads them, with secrets in their files."""
    told = dict(MANIFESTS["ConfigMap", "softphone"]["data"])
    for name, path in told.items():
        if name.endswith("_FILE"):
            secret = tmp_path / Path(path).name
            secret.write_text("postgresql://softphone@database/softphone-0123456789abcdef\n")
            told[name] = str(secret)
    settings = load(told)
    settings.demand_safe_to_serve()
    assert settings.sign_in == "salesforce"
    assert settings.is_provider_configured
