import pytest
from hypothesis import given

from scale.domain.workspace_config import parse_workspace_config
from tests.unit.scale.domain.strategies import json_values, read_or_faults, shaped

HOST = {"type": "host", "host_path": "/data/in"}
NFS = {"type": "nfs", "nfs_path": "server:/export"}


def faults_of(raw, **kwargs):
    config, faults = read_or_faults(parse_workspace_config, raw, **kwargs)
    assert config is None
    return faults


def test_host_is_read_with_its_extra_keys():
    config = parse_workspace_config({"broker": {**HOST, "nfs_path": 5, "note": None}})

    assert (config.broker_type, config.host_path, config.nfs_path) == ("host", "/data/in", None)
    assert config.stored() == {
        "version": "1.0",
        "broker": {**HOST, "nfs_path": 5, "note": None},
    }


@pytest.mark.parametrize("path", ["server:/export", "10.0.0.1:/", "[fe80::1]:/a b"])
def test_nfs_is_read(path):
    config = parse_workspace_config({"broker": {"type": "nfs", "nfs_path": path}})

    assert (config.broker_type, config.host_path, config.nfs_path) == ("nfs", None, path)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (None, ": expected an object"),
        ({}, ".broker: required"),
        ({"broker": None}, ".broker: expected an object"),
        ({"broker": HOST, "version": "2.0"}, ".version: expected '1.0'"),
        ({"broker": HOST, "brokers": []}, ".brokers: unknown key"),
        ({"broker": {}}, ".broker.type: required"),
        ({"broker": {"type": "s3"}}, ".broker.type: expected 'host' or 'nfs'"),
        ({"broker": {"type": "host"}}, ".broker.host_path: required"),
        (
            {"broker": {"type": "host", "host_path": ""}},
            ".broker.host_path: expected an absolute directory",
        ),
        (
            {"broker": {"type": "host", "host_path": "data"}},
            ".broker.host_path: expected an absolute directory",
        ),
        ({"broker": {"type": "host", "host_path": 1}}, ".broker.host_path: expected a string"),
        ({"broker": {"type": "nfs", "host_path": "/data"}}, ".broker.nfs_path: required"),
        ({"broker": {"type": "nfs", "nfs_path": ""}}, ".broker.nfs_path: expected host:/path"),
        ({"broker": {"type": "nfs", "nfs_path": "/a"}}, ".broker.nfs_path: expected host:/path"),
        ({"broker": {"type": "nfs", "nfs_path": "a:b"}}, ".broker.nfs_path: expected host:/path"),
    ],
)
def test_bad_configuration_is_refused(raw, fault):
    assert faults_of(raw) == [f"json_config{fault}"]


def test_faults_of_document_and_broker_are_told_together():
    assert faults_of({"version": "2.0", "broker": {"type": "host", "host_path": "in"}}) == [
        "json_config.version: expected '1.0'",
        "json_config.broker.host_path: expected an absolute directory",
    ]


@pytest.mark.parametrize("host_path", ["/data/in", "/data/a/b", "/srv/x", "/data//in/"])
def test_host_below_a_root_is_accepted(host_path):
    raw = {"broker": {"type": "host", "host_path": host_path}}

    assert parse_workspace_config(raw, roots=["/data", "/srv/"]).host_path == host_path


@pytest.mark.parametrize(
    "host_path", ["/data", "/database", "/etc", "/data/../etc", "/", "//data/x"]
)
def test_host_outside_the_roots_is_refused(host_path):
    raw = {"broker": {"type": "host", "host_path": host_path}}

    assert faults_of(raw, roots=["/data", "/srv/"]) == [
        "json_config.broker.host_path: expected a directory below /data or /srv/"
    ]


def test_roots_do_not_bind_nfs():
    assert parse_workspace_config({"broker": NFS}, roots=["/data"]).broker_type == "nfs"


@given(json_values | shaped(["version", "broker"], json_values | shaped(["type", "host_path"])))
def test_any_json_is_a_workspace_configuration_or_invalid_input(raw):
    config, faults = read_or_faults(parse_workspace_config, raw)

    assert (config is None) == bool(faults)
