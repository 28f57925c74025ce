"""Dashboards and alert rules ask only for what is measured, and every alert has its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import promql_parser
import pytest
from ruamel.yaml import YAML

from adapter.metrics import Metrics

ROOT = Path(__file__).parents[2]
ALERTS = (ROOT / "deploy" / "alerts.yml").read_text()
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "softphone.json").read_text())
NAMES = re.findall(r"- alert: (\w+)", ALERTS)
RULES = YAML(typ="safe").load(ALERTS)["groups"][0]["rules"]
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *SHOWN]


def measured() -> set[str]:
    """The names of all series."""
    names = set()
    for family in Metrics().registry.collect():
        suffixes = {
            "histogram": ("_bucket", "_sum", "_count"),
            "counter": ("_total",),
            "info": ("_info",),
        }
        names |= {family.name + end for end in suffixes.get(family.type, ("",))}
    return names


def metrics_in(text: str) -> set[str]:
    """The series of ours that a text asks for."""
    return set(re.findall(r"\b(?:softphone|process)_\w+", text))


def test_prometheus_could_read_the_rules() -> None:
    """YAML, and in each rule what Prometheus and the pager need; the runbook is its own section."""
    (group,) = YAML(typ="safe").load(ALERTS)["groups"]
    assert [rule["alert"] for rule in group["rules"]] == NAMES
    for rule in group["rules"]:
        assert rule["expr"]
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")
        page, _, section = rule["annotations"]["runbook_url"].partition("#")
        assert page.startswith("https://")
        assert page.endswith("/docs/operations.md")
        assert section == rule["alert"].lower()


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_each_expression_is_promql(expr: str) -> None:
    """By Prometheus' own grammar; Grafana's interval stands for one of its own making."""
    promql_parser.parse(expr.replace("$__rate_interval", "5m"))


def test_a_broken_expression_would_be_found() -> None:
    """Else the test above would show nothing."""
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        promql_parser.parse("sum by (rate(softphone_sockets[5m])")


def test_the_scrape_job_has_the_name_that_rules_and_dashboard_expect() -> None:
    """One job of that name, each replica asked by itself, at the path that the proxies hide."""
    told = YAML(typ="safe").load(ROOT / "deploy" / "prometheus.yml")
    (job,) = told["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("softphone", "/metrics")
    assert 'up{job="softphone"}' in ALERTS
    jobs = next(v for v in DASHBOARD["templating"]["list"] if v["name"] == "job")
    assert jobs["query"]["query"] == "label_values(softphone_build_info, job)"


def test_the_dashboard_has_rows_numbers_and_a_choice_of_replicas() -> None:
    """What one looks at first stands first; every panel asks for the chosen job and replicas."""
    kinds = [panel["type"] for panel in DASHBOARD["panels"]]
    assert kinds[:2] == ["row", "stat"]
    assert kinds.count("row") >= 5
    assert [v["name"] for v in DASHBOARD["templating"]["list"]] == ["datasource", "job", "instance"]
    for expr in SHOWN:
        assert re.search(r'job="\$job"', expr), expr
        assert 'instance=~"$instance"' in expr or expr.startswith("sum(up{"), expr
    places = [tuple(panel["gridPos"][k] for k in "xy") for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)


def test_the_alerts_use_existing_metrics() -> None:
    """A rule over a series that nobody writes would never fire."""
    assert metrics_in(ALERTS)
    assert metrics_in(ALERTS) <= measured()


def test_the_dashboard_uses_existing_metrics_and_shows_all_of_them() -> None:
    """No empty panel, and no number that nobody sees."""
    exprs = " ".join(SHOWN)
    assert metrics_in(exprs) <= measured()
    shown = {re.sub("_(bucket|total|info)$", "", name) for name in metrics_in(exprs)}
    ours = {family.name for family in Metrics().registry.collect()}
    assert shown >= {name for name in ours if name.startswith("softphone_")}


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_has_its_section_in_the_operations_guide(name: str) -> None:
    """What it means and what to do, under the name that the pager shows."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    section = re.search(rf"^### {name}\n(.*?)(?=^#|\Z)", guide, re.M | re.S)
    assert section is not None
    assert "**Do:**" in section[1]
