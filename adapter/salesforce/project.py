"""A Salesforce project that an admin deploys with one `sf project deploy start`.

Pure except `read_handwritten` and `save`.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapter.assets import folder
from adapter.salesforce import metadata_parts as parts
from adapter.salesforce.metadata_parts import Deployment
from adapter.xmltext import branch, leaf

API_VERSION = "65.0"
"""Our policies of External Client Apps need 61.0 or later; 65.0 is Winter '26."""

SOURCES = Path("force-app/main/default")

TYPES = {
    ".cls": "ApexClass",
    ".page": "ApexPage",
    ".js-meta.xml": "LightningComponentBundle",
    ".messageChannel-meta.xml": "LightningMessageChannel",
    ".object-meta.xml": "CustomObject",
    ".field-meta.xml": "CustomField",
    ".quickAction-meta.xml": "QuickAction",
    ".ConversationVendorInformation-meta.xml": "ConversationVendorInfo",
    ".cspTrustedSite-meta.xml": "CspTrustedSite",
    ".labels-meta.xml": "CustomLabels",
    ".permissionset-meta.xml": "PermissionSet",
}
"""Components known by their files: the suffix of the file, and the type."""


FILES = {
    "CallCenter": "callCenters/{}.callCenter-meta.xml",
    "CspTrustedSite": "cspTrustedSites/{}.cspTrustedSite-meta.xml",
    "CustomApplication": "applications/{}.app-meta.xml",
    "CustomMetadata": "customMetadata/{}.md-meta.xml",
    "ExternalClientApplication": "externalClientApps/{}.eca-meta.xml",
    "ExtlClntAppConfigurablePolicies": "extlClntAppPolicies/{}.ecaPlcy-meta.xml",
    "ExtlClntAppGlobalOauthSettings": "extlClntAppGlobalOauthSets/{}.ecaGlblOauth-meta.xml",
    "ExtlClntAppOauthConfigurablePolicies": "extlClntAppOauthPolicies/{}.ecaOauthPlcy-meta.xml",
    "ExtlClntAppOauthSettings": "extlClntAppOauthSettings/{}.ecaOauth-meta.xml",
    "FlexiPage": "flexipages/{}.flexipage-meta.xml",
    "LightningMessageChannel": "messageChannels/{}.messageChannel-meta.xml",
    "PermissionSet": "permissionsets/{}.permissionset-meta.xml",
}
"""Generated components: the type, and the path of the file by name."""


@dataclass(frozen=True, slots=True)
class Component:
    """One piece of metadata: its type, its name, and its file's text."""

    type: str
    name: str
    text: str

    @property
    def file(self) -> str:
        """Its path under force-app/main/default."""
        return FILES[self.type].format(self.name)


def client_app(deployment: Deployment) -> tuple[Component, ...]:
    """The External Client App, with Salesforce's own names, so a later retrieve finds the files.

    Agents with the permission set sign in with it, nobody else, by authorization code with PKCE and
    a secret, and without a refresh token. Salesforce creates key and secret. Some orgs refuse to
    create the app without policies that enable it and its OAuth plugin
    (https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_extlclntappconfigurablepolicies.htm).
    """
    name = deployment.name
    own = _app_part(
        name,
        "ExternalClientApplication",
        contactEmail=deployment.contact,
        description="Lets agents sign in to the softphone with their Salesforce user.",
        distributionState="Local",
        isProtected="false",
        label=deployment.label,
    )
    return own, *_oauth(deployment), *_policies(name)


def _oauth(deployment: Deployment) -> tuple[Component, ...]:
    app = {"externalClientApplication": deployment.name}
    return (
        _app_part(
            f"{deployment.name}_glbloauth",
            "ExtlClntAppGlobalOauthSettings",
            callbackUrl=deployment.callback,
            isConsumerSecretOptional="false",
            isIntrospectAllTokens="false",
            isPkceRequired="true",
            isSecretRequiredForRefreshToken="true",
            label=f"{deployment.label} OAuth",
            shouldRotateConsumerKey="false",
            shouldRotateConsumerSecret="false",
            **app,
        ),
        _app_part(
            f"{deployment.name}_oauth",
            "ExtlClntAppOauthSettings",
            commaSeparatedOauthScopes=parts.SCOPES,
            label=f"{deployment.label} Scopes",
            **app,
        ),
    )


def _policies(name: str) -> tuple[Component, ...]:
    return (
        _app_part(
            f"{name}_plcy",
            "ExtlClntAppConfigurablePolicies",
            externalClientApplication=name,
            isEnabled="true",
            isOauthPluginEnabled="true",
            label=f"{name}_plcy",
        ),
        _app_part(
            f"{name}_defaultPolicy",
            "ExtlClntAppOauthConfigurablePolicies",
            commaSeparatedPermissionSet=f"{name}_Agent",
            externalClientApplication=name,
            ipRelaxationPolicyType="Enforce",
            label=f"{name}_defaultPolicy",
            permittedUsersPolicyType="AdminApprovedPreAuthorized",
            refreshTokenPolicyType="Zero",
            requiredSessionLevel="STANDARD",
        ),
    )


def _app_part(name: str, type_: str, **texts: str) -> Component:
    """Its elements in alphabetical order, as Salesforce returns them."""
    leaves = parts.leaves(**dict(sorted(texts.items())))
    return Component(type_, name, parts.component_file(type_, *leaves))


def app(
    deployment: Deployment,
    utility: tuple[str, str],
    properties: Mapping[str, str],
    classes: Iterable[str],
    fields: Iterable[str] = (),
) -> tuple[Component, ...]:
    """An app with the softphone in its utility bar, and the agents' permissions.

    `utility` is the component and its identifier, with these properties. Agents may use the Apex
    classes and the fields.
    """
    name = deployment.name
    bar, agents = f"{name}_UtilityBar", f"{name}_Agent"
    shown = parts.utility_bar(deployment, *utility, properties)
    allowed = parts.permission_set(deployment, name, classes, fields)
    return (
        Component("CustomApplication", name, parts.app(deployment, bar)),
        Component("FlexiPage", bar, shown),
        Component("CspTrustedSite", name, parts.trusted_site(deployment)),
        Component("PermissionSet", agents, allowed),
        *client_app(deployment),
    )


def project(name: str, made: Iterable[Component], handwritten: Mapping[str, str]) -> dict[str, str]:
    """Every file's text by its path in the project; `handwritten` files are copied unchanged."""
    made = tuple(made)
    described = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "name": name,
        "sourceApiVersion": API_VERSION,
    }
    return {
        "sfdx-project.json": json.dumps(described, indent=2) + "\n",
        "manifest/package.xml": _manifest(made, handwritten),
        **{(SOURCES / part.file).as_posix(): part.text for part in made},
        **handwritten,
    }


def _manifest(made: Iterable[Component], handwritten: Iterable[str]) -> str:
    """The manifest of all components, types in alphabetical order as the CLI writes them."""
    members: dict[str, list[str]] = {}
    for part in made:
        members.setdefault(part.type, []).append(part.name)
    files = [Path(path) for path in sorted(handwritten)]
    whole = {path.parent.name for path in files if path.name.endswith(".object-meta.xml")}
    for path in files:
        for suffix, type_ in TYPES.items():
            # Our own objects include their fields.
            if path.name.endswith(suffix) and path.parent.parent.name not in whole:
                members.setdefault(type_, []).append(_name(path, suffix))
    types = [
        branch("types", *[leaf("members", name) for name in sorted(names)], leaf("name", type_))
        for type_, names in sorted(members.items())
    ]
    return parts.component_file("Package", *types, leaf("version", API_VERSION))


def _name(path: Path, suffix: str) -> str:
    """The name of a component by its file; a field's includes its object."""
    name = path.name.removesuffix(suffix)
    return f"{path.parent.parent.name}.{name}" if path.parent.name == "fields" else name


def read_handwritten(*below: str, shared: bool = True) -> dict[str, str]:
    """Handwritten files by their path in a project: those of folders `below`, and the shared ones.

    Raises OSError, also if there are no files.
    """
    shipped = folder("salesforce")
    classes = ((shipped, ("classes", "pages")),) if shared else ()
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for root, kinds in (*classes, *((shipped / b, ("",)) for b in below))
        for kind in kinds
        for path in sorted((root / SOURCES / kind).rglob("*"))
        if path.is_file()
    }
    if not files:
        raise FileNotFoundError(
            errno.ENOENT, "the Salesforce files are missing: reinstall the adapter", str(shipped)
        )
    return files


def save(texts: Mapping[str, str], out: Path) -> tuple[Path, ...]:
    """Write a project into `out` and return its files. Raises OSError."""
    for name, text in texts.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tuple(out / name for name in sorted(texts))
