"""Write a Salesforce project to deploy: app, utility bar, sign-in, and what they need.

For Open CTI this includes a call center. For the softphone's own component (`--surface lwc`) it
includes Lightning components, Apex and two fields of Task.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

from adapter import console
from adapter.commands import CommandFailed, named
from adapter.commands.callcenter import add_center_arguments, center_from, demand_good
from adapter.drivers import has_browser_phones
from adapter.lwc import metadata as lwc
from adapter.opencti import metadata as opencti
from adapter.opencti.callcenter import CallCenter, sections
from adapter.orgfile import orgs_of
from adapter.salesforce.metadata_parts import CALLBACK, Deployment
from adapter.settings.environment import load

TESTS = "--test-level RunSpecifiedTests --tests SoftphoneCallLogTest --tests SoftphoneSearchTest"
"""Only the softphone's tests, so that other failing tests do not block a deployment."""

DEPLOY = f"sf project deploy start --manifest manifest/package.xml {TESTS} --target-org ORG"
DEPLOYS = {"open-cti": DEPLOY, "lwc": DEPLOY.replace(TESTS, f"{TESTS} --tests SoftphoneHostTest")}

GENERAL = "reqGeneralInfo"
"""What only a call center has."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,29}")
LONGEST_LABEL = 40
"""An app's name as Setup accepts it; permission set and utility bar begin with it."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, under which names."""
    parser.add_argument("--out", type=Path, required=True, help="folder for the project")
    parser.add_argument(
        "--contact", required=True, help="e-mail address shown for the External Client App"
    )
    parser.add_argument("--name", default="Softphone", help="prefix of the API names")
    parser.add_argument("--label", default="Softphone", help="name that people see")
    parser.add_argument("--surface", choices=sorted(DEPLOYS), default="open-cti")
    add_center_arguments(parser)
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Write the project. Raises CommandFailed."""
    deployment, center = deployment_from(options)
    demand_good(center)
    deploy = DEPLOYS[options.surface]
    try:
        written = _written(options, deployment, center)
    except OSError as error:
        raise CommandFailed(f"cannot write the project: {named(error)}") from error
    files = [str(path) for path in written]
    text = f"{len(files)} files in {options.out}. Deploy them from there with\n  {deploy}\n"
    console.answer(options, {"folder": str(options.out), "files": files, "deploy": deploy}, text)
    return 0


def _written(
    options: argparse.Namespace, deployment: Deployment, center: CallCenter
) -> tuple[Path, ...]:
    if options.surface == "open-cti":
        return opencti.write(deployment, center, options.out)
    items = (
        (f"/{section.name}/{item.name}", item.value)
        for section in sections(center)
        for item in section.items
        if section.name != GENERAL
    )
    return lwc.write(deployment, center.adapter_url, items, options.out)


def deployment_from(options: argparse.Namespace) -> tuple[Deployment, CallCenter]:
    """The deployment from arguments and settings. Raises CommandFailed."""
    if not _NAME.fullmatch(options.name):
        raise CommandFailed("--name must be 1 to 30 letters and digits and begin with a letter")
    if not 0 < len(options.label.strip()) <= LONGEST_LABEL:
        raise CommandFailed(f"--label must be 1 to {LONGEST_LABEL} characters")
    if not _EMAIL.fullmatch(options.contact):
        raise CommandFailed("--contact must be an e-mail address")
    settings = load()
    center = replace(
        center_from(settings, options),
        # Differs from the imported one, because an org may have both.
        internal_name=f"{options.name}Center",
        channel=options.channel or f"{opencti.channel_name(options.name)}__c",
    )
    deployment = Deployment(
        name=options.name,
        label=options.label,
        origin=settings.public_origin,
        callback=f"{settings.public_url}{CALLBACK}",
        contact=options.contact,
        height=center.height,
        width=center.width,
        microphone=any(map(has_browser_phones, orgs_of(settings).all)),
    )
    return deployment, center
