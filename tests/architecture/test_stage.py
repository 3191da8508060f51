"""The API's stage: its name, what its cache keeps, and what becomes of `live` where it has another name."""

import json
import re
from pathlib import Path
from typing import Any

from cli.template_document import read_template

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
LIVE, NAMED = RESOURCES["Api"]["Properties"], RESOURCES["NamedStage"]["Properties"]
DOCUMENT = json.loads((ROOT / "functions" / "predict" / "openapi.json").read_text(encoding="utf-8"))
LIMITS = ("ThrottlingRateLimit", "ThrottlingBurstLimit")


def test_stage_of_another_name_is_the_one_that_is_called_live_but_for_its_name() -> None:
    assert RESOURCES["NamedStage"]["Condition"] == "ServesOther"
    assert NAMED["DeploymentId"] == {"Ref": "Api.Deployment"}
    for name in ("TracingEnabled", "AccessLogSetting"):
        assert NAMED[name] == LIVE[name]
    closed = json.loads(json.dumps(NAMED["MethodSettings"]))
    for each in closed:
        for limit in LIMITS:
            each[limit] = {"Fn::If": ["ServesLive", each[limit], 0]}
    closed[0]["CachingEnabled"] = {"Fn::If": ["CachesLive", True, False]}
    assert closed == LIVE["MethodSettings"]


def test_live_keeps_the_resource_that_deployed_stacks_have() -> None:
    """A parameter in its place would make CloudFormation create the stage of a deployed stack a second time."""
    assert LIVE["StageName"] == "live"
    assert TEMPLATE["Parameters"]["Stage"]["Default"] == "live"


def test_only_the_parameter_says_what_the_stage_is_called() -> None:
    assert re.findall(r"(?:\$\{Api\}|URLSuffix\}|stages)/live", TEXT) == []
    for resource in RESOURCES.values():
        if resource["Type"] == "AWS::Lambda::Permission" and "execute-api" in json.dumps(resource):
            assert "${Api}/${Stage}/" in resource["Properties"]["SourceArn"]["Fn::Sub"]
    pattern = re.compile(TEMPLATE["Parameters"]["Stage"]["AllowedPattern"])
    assert all(pattern.fullmatch(name) for name in ("live", "beta", "v1_2-x"))
    assert not any(pattern.fullmatch(name) for name in ("", "a/b", "a b", "x" * 41))


def test_no_cache_by_default_and_predictions_are_cached_only_where_none_are_captured() -> None:
    assert TEMPLATE["Parameters"]["CacheSize"]["Default"] == ""
    assert TEMPLATE["Conditions"]["CachesPredictions"] == {
        "Fn::And": [{"Condition": "HasCache"}, {"Fn::Equals": [{"Ref": "CaptureFraction"}, 0]}]
    }
    rows = {
        "/" + path.strip("/").replace("/", "~1").join(("~1", ""))
        for path, item in DOCUMENT["paths"].items()
        if "get" in item and path.endswith(("/predictions", "/liveinference"))
    }
    for settings in (LIVE["MethodSettings"], NAMED["MethodSettings"]):
        whole, *others = settings
        assert (whole["HttpMethod"], whole["ResourcePath"]) == ("*", "/*")
        assert {each["ResourcePath"] for each in others} == rows
        assert {each["HttpMethod"] for each in others} == {"GET"}
        assert all(each["CachingEnabled"] == {"Fn::If": ["CachesPredictions", True, False]} for each in others)
        assert all(each["CacheDataEncrypted"] is True for each in settings)


def test_a_cached_answer_is_found_by_all_that_it_depends_on() -> None:
    """The function reads the row, and the form that is asked for; the document names the host it was asked at."""
    for path, item in DOCUMENT["paths"].items():
        if "get" not in item:
            continue
        keys = item["get"]["x-amazon-apigateway-integration"].get("cacheKeyParameters", {"Fn::If": ["", [], {}]})
        condition, names, _ = keys["Fn::If"]
        parameters = [each.get("Fn::If", ["", each])[1] for each in item["get"].get("parameters", [])]
        places = {"query": "querystring", "header": "header"}
        declared = [f"method.request.{places[each['in']]}.{each['name']}" for each in parameters]
        # API Gateway takes no key that the method does not declare.
        assert names == declared, path
        if path.endswith(("/predictions", "/liveinference")):
            assert (condition, names) == (
                "CachesPredictions",
                ["method.request.querystring.features", "method.request.header.Accept"],
            )
        elif path == "/openapi.json":
            assert (condition, names) == ("HasCache", ["method.request.header.Host"])
        else:
            assert (condition, names) == ("", [])
