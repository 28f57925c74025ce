"""A Salesforce project that an admin deploys in one go: `sf project deploy start`.

Pure but for `read_handwritten` and `write`. The folder `salesforce/` of this repository is this
module's output for https://softphone.example.com; the Apex in there is written by hand.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapter.assets import folder
from adapter.opencti import metadata_parts as parts
from adapter.opencti.metadata_parts import NAMESPACE, Deployment
from adapter.xmltext import branch, document, leaf

API_VERSION = "65.0"
"""External Client Apps' policies as we write them are known from 61.0 on; 65.0 is Winter '26."""

SOURCES = Path("force-app/main/default")

HANDWRITTEN = {"classes": (".cls", "ApexClass"), "pages": (".page", "ApexPage")}
"""Folders of what is not generated: the suffix of a component's file there, and its type."""


@dataclass(frozen=True, slots=True)
class Component:
    """One piece of metadata: its type, its name, and its file under force-app/main/default."""

    type: str
    name: str
    file: str
    text: str


def components(deployment: Deployment) -> tuple[Component, ...]:
    """Everything that is generated."""
    return (*_in_the_org(deployment), *_client_app(deployment))


def _in_the_org(deployment: Deployment) -> tuple[Component, ...]:
    name = deployment.name
    bar, agents, center = f"{name}_UtilityBar", f"{name}_Agent", deployment.center
    channel = channel_name(name)
    return (
        Component(
            "CallCenter",
            center.internal_name,
            f"callCenters/{center.internal_name}.callCenter-meta.xml",
            parts.call_center(center),
        ),
        Component(
            "CustomApplication",
            name,
            f"applications/{name}.app-meta.xml",
            parts.app(deployment, bar),
        ),
        Component(
            "FlexiPage",
            bar,
            f"flexipages/{bar}.flexipage-meta.xml",
            parts.utility_bar(deployment),
        ),
        Component(
            "CspTrustedSite",
            name,
            f"cspTrustedSites/{name}.cspTrustedSite-meta.xml",
            parts.trusted_site(deployment),
        ),
        Component(
            "LightningMessageChannel",
            channel,
            f"messageChannels/{channel}.messageChannel-meta.xml",
            parts.message_channel(deployment),
        ),
        Component(
            "PermissionSet",
            agents,
            f"permissionsets/{agents}.permissionset-meta.xml",
            parts.permission_set(deployment, name),
        ),
    )


def _client_app(deployment: Deployment) -> tuple[Component, ...]:
    """Names as Salesforce makes them itself, so that a later retrieve finds the same files."""
    name = deployment.name
    oauth, secret, policy = f"{name}_oauth", f"{name}_glbloauth", f"{name}_defaultPolicy"
    plugins = f"{name}_plcy"
    return (
        Component(
            "ExternalClientApplication",
            name,
            f"externalClientApps/{name}.eca-meta.xml",
            parts.client_app(deployment),
        ),
        Component(
            "ExtlClntAppGlobalOauthSettings",
            secret,
            f"extlClntAppGlobalOauthSets/{secret}.ecaGlblOauth-meta.xml",
            parts.client_app_global(deployment),
        ),
        Component(
            "ExtlClntAppOauthSettings",
            oauth,
            f"extlClntAppOauthSettings/{oauth}.ecaOauth-meta.xml",
            parts.client_app_oauth(deployment),
        ),
        Component(
            "ExtlClntAppConfigurablePolicies",
            plugins,
            f"extlClntAppPolicies/{plugins}.ecaPlcy-meta.xml",
            parts.client_app_plugins(deployment, plugins),
        ),
        Component(
            "ExtlClntAppOauthConfigurablePolicies",
            policy,
            f"extlClntAppOauthPolicies/{policy}.ecaOauthPlcy-meta.xml",
            parts.client_app_policy(deployment, f"{name}_Agent"),
        ),
    )


def channel_name(name: str) -> str:
    """The message channel's file name; pages and components add "__c" to it."""
    return f"{name}Calls"


def project(deployment: Deployment, handwritten: Mapping[str, str]) -> dict[str, str]:
    """Every file of the project, by its path in it; `handwritten` ones go along as they are."""
    made = components(deployment)
    described = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "name": deployment.name,
        "sourceApiVersion": API_VERSION,
    }
    return {
        "sfdx-project.json": json.dumps(described, indent=2) + "\n",
        "manifest/package.xml": _manifest(made, handwritten),
        **{(SOURCES / part.file).as_posix(): part.text for part in made},
        **handwritten,
    }


def _manifest(made: Iterable[Component], handwritten: Iterable[str]) -> str:
    """The list of what is deployed; types in alphabetical order, as the CLI writes it."""
    members = {part.type: [part.name] for part in made}
    for path in map(Path, sorted(handwritten)):
        suffix, type_ = HANDWRITTEN[path.parent.name]
        if path.suffix == suffix:
            members.setdefault(type_, []).append(path.stem)
    types = [
        branch("types", *[leaf("members", name) for name in names], leaf("name", type_))
        for type_, names in sorted(members.items())
    ]
    return document(branch("Package", *types, leaf("version", API_VERSION), xmlns=NAMESPACE))


def read_handwritten(shipped: Path | None = None) -> dict[str, str]:
    """Apex classes and pages of this program, by their path. Raises OSError, also for none."""
    shipped = shipped or folder("salesforce")
    found = {
        path.relative_to(shipped).as_posix(): path.read_text(encoding="utf-8")
        for kind in HANDWRITTEN
        for path in sorted((shipped / SOURCES / kind).glob("*"))
    }
    if not found:
        raise FileNotFoundError(
            errno.ENOENT, "the Apex classes are missing, install it again", str(shipped)
        )
    return found


def write(deployment: Deployment, out: Path) -> tuple[Path, ...]:
    """Write the project into that folder; the files that it made. Raises OSError."""
    texts = project(deployment, read_handwritten())
    for name, text in texts.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tuple(out / name for name in sorted(texts))
