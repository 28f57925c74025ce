"""Dashboards and alert rules ask only for what is measured, and every alert has its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from adapter.metrics import Metrics

ROOT = Path(__file__).parents[2]
ALERTS = (ROOT / "deploy" / "alerts.yml").read_text()
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "softphone.json").read_text())
NAMES = re.findall(r"- alert: (\w+)", ALERTS)


def measured() -> set[str]:
    """The names of all series."""
    names = set()
    for family in Metrics().registry.collect():
        suffixes = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
        names |= {family.name + end for end in suffixes.get(family.type, ("",))}
    return names


def asked(text: str) -> set[str]:
    """The series of ours that a text asks for."""
    return set(re.findall(r"\bsoftphone_\w+", text))


def test_prometheus_could_read_the_rules() -> None:
    """YAML, and in each rule what Prometheus and the pager need; the runbook is its own section."""
    (group,) = YAML(typ="safe").load(ALERTS)["groups"]
    assert [rule["alert"] for rule in group["rules"]] == NAMES
    for rule in group["rules"]:
        assert rule["expr"]
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_the_alerts_ask_for_what_is_measured() -> None:
    """A rule over a series that nobody writes would never fire."""
    assert asked(ALERTS)
    assert asked(ALERTS) <= measured()


def test_the_dashboard_asks_for_what_is_measured_and_shows_all_of_it() -> None:
    """No empty panel, and no number that nobody sees."""
    exprs = " ".join(t["expr"] for panel in DASHBOARD["panels"] for t in panel["targets"])
    assert asked(exprs) <= measured()
    shown = {re.sub("_(bucket|total)$", "", name) for name in asked(exprs)}
    assert shown == {family.name for family in Metrics().registry.collect()}


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_has_its_section_in_the_operations_guide(name: str) -> None:
    """What it means and what to do, under the name that the pager shows."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    section = re.search(rf"^### {name}\n(.*?)(?=^#|\Z)", guide, re.M | re.S)
    assert section is not None
    assert "**Do:**" in section[1]
