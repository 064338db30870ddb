"""The app stack after SAM's translation: functions, roles, events, throttling, and its fit to the data stack."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE
from scripts.deploy import FOR_DEPLOYMENT, SECRETS, output_names, stage_parameters
from scripts.package import MAX_TEMPLATE_BYTES
from tests.infra.conftest import STAGES, Template, of_type

API_GATEWAYS_PATIENCE_SECONDS = 29
LONGEST_LAMBDA_SECONDS = 900

SCHEDULES = {
    "PurgeWhatExpired": "rate(1 hour)",
    "SweepFiles": "rate(6 hours)",
    "RollUpApiCalls": "rate(10 minutes)",
}
QUEUES = {EXPAND_QUEUE: "ExpandPushes", DELIVER_QUEUE: "DeliverPushes"}
"""The function of each queue."""

FUNCTIONS = {"APIHandler", *SCHEDULES, *QUEUES.values()}


@pytest.fixture(scope="module")
def functions(translated: Template) -> dict[str, dict[str, Any]]:
    return of_type(translated, "AWS::Lambda::Function")


def test_the_functions_are_the_api_and_the_jobs(functions: dict[str, dict[str, Any]]) -> None:
    assert set(functions) == FUNCTIONS


def test_every_function_has_the_database_its_network_and_the_key(functions: dict[str, dict[str, Any]]) -> None:
    for properties in functions.values():
        assert properties["VpcConfig"] == {
            "SubnetIds": {"Ref": "SubnetIds"},
            "SecurityGroupIds": {"Ref": "SecurityGroupIds"},
        }
        assert properties["KmsKeyArn"] == {"Ref": "KeyArn"}
        variables = properties["Environment"]["Variables"]
        assert variables["YOROZU_ENGINE"] == "aws"
        assert "${DatabaseEndpoint}" in variables["YOROZU_MONGO_URI"]["Fn::Sub"]


def test_no_secret_is_written_in_the_template(functions: dict[str, dict[str, Any]]) -> None:
    for properties in functions.values():
        variables = properties["Environment"]["Variables"]
        assert variables["YOROZU_MONGO_URI"]["Fn::Sub"].count("{{resolve:secretsmanager:${DatabaseSecret}:") == 2
        assert variables["YOROZU_SYSTEM_KEY"]["Fn::Sub"].startswith("{{resolve:secretsmanager:${OperatorSecret}:")


def test_every_function_has_memory_tracing_and_a_role_of_its_own(functions: dict[str, dict[str, Any]]) -> None:
    assert all(properties["MemorySize"] >= 1024 for properties in functions.values())
    assert all(properties["TracingConfig"] == {"Mode": "Active"} for properties in functions.values())
    roles = [json.dumps(properties["Role"]) for properties in functions.values()]
    assert len(set(roles)) == len(roles)


def test_the_api_may_run_as_long_as_its_gateway_waits_and_jobs_longer(functions: dict[str, dict[str, Any]]) -> None:
    timeouts = {name: properties["Timeout"] for name, properties in functions.items()}
    assert timeouts.pop("APIHandler") == API_GATEWAYS_PATIENCE_SECONDS + 1
    assert all(60 <= seconds <= LONGEST_LAMBDA_SECONDS for seconds in timeouts.values())


def test_every_function_logs_to_a_group_that_forgets(translated: Template) -> None:
    groups = of_type(translated, "AWS::Logs::LogGroup")
    assert {group["LogGroupName"]["Fn::Sub"] for group in groups.values()} == {
        f"/aws/lambda/${{{name}}}" for name in FUNCTIONS
    }
    assert all(group["RetentionInDays"] == 30 for group in groups.values())


def test_the_jobs_run_when_app_py_says(translated: Template) -> None:
    rules = of_type(translated, "AWS::Events::Rule")
    scheduled = {rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]: rule["ScheduleExpression"] for rule in rules.values()}
    assert scheduled == SCHEDULES


def test_each_queue_feeds_its_function(translated: Template, data: Template) -> None:
    mappings = of_type(translated, "AWS::Lambda::EventSourceMapping").values()
    fed = {
        mapping["EventSourceArn"]["Fn::Sub"].rpartition(":")[2]: mapping["FunctionName"]["Ref"] for mapping in mappings
    }
    assert fed == {f"yorozu-${{Stage}}-{queue}": function for queue, function in QUEUES.items()}
    assert set(fed) <= {queue["QueueName"]["Fn::Sub"] for queue in of_type(data, "AWS::SQS::Queue").values()}


def test_messages_stay_hidden_for_six_times_as_long_as_their_function_may_run(
    functions: dict[str, dict[str, Any]], data: Template
) -> None:
    hidden = {
        queue["QueueName"]["Fn::Sub"]: queue.get("VisibilityTimeout")
        for queue in of_type(data, "AWS::SQS::Queue").values()
    }
    for queue, function in QUEUES.items():
        assert hidden[f"yorozu-${{Stage}}-{queue}"] >= 6 * functions[function]["Timeout"]


def test_the_gateway_throttles_and_traces(translated: Template) -> None:
    (stage,) = of_type(translated, "AWS::ApiGateway::Stage").values()
    assert stage["StageName"] == "api"
    assert stage["TracingEnabled"] is True
    (all_methods,) = stage["MethodSettings"]
    assert (all_methods["ResourcePath"], all_methods["HttpMethod"]) == ("/*", "*")
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(all_methods)


def test_what_the_gateway_answers_itself_is_json_that_browsers_may_read(translated: Template) -> None:
    (api,) = of_type(translated, "AWS::ApiGateway::RestApi").values()
    answers = api["Body"]["x-amazon-apigateway-gateway-responses"]
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"
    for answer in answers.values():
        # What API Gateway puts into it is quoted already.
        json.loads(answer["responseTemplates"]["application/json"].replace("$context.error.messageString", '"x"'))
        assert answer["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def test_the_translated_stack_stays_below_cloudformations_limit(translated: Template) -> None:
    assert len(json.dumps(translated, separators=(",", ":"))) < MAX_TEMPLATE_BYTES


def test_alarms_reach_the_topic_and_watch_what_exists(translated: Template) -> None:
    alarms = of_type(translated, "AWS::CloudWatch::Alarm")
    assert {"ApiErrorsAlarm", "ApiThrottlesAlarm", "JobErrorsAlarm"} <= set(alarms)
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms.values())
    watched = set(re.findall(r'"FunctionName", "Value": \{"Ref": "(\w+)"', json.dumps(alarms)))
    assert watched == FUNCTIONS


def test_the_data_stack_tells_the_app_stack_every_parameter_without_a_default(template: Template) -> None:
    needed = {name for name, parameter in template["Parameters"].items() if "Default" not in parameter}
    told = {name for name in output_names() if name not in FOR_DEPLOYMENT}
    assert needed <= told | {"Stage"} | {f"{secret}Version" for secret in SECRETS}
    assert told <= set(template["Parameters"])


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_sets_only_parameters_that_exist(stage: str, template: Template, data: Template) -> None:
    parameters = stage_parameters(stage)
    assert set(parameters) == {"data", "app"}
    assert set(parameters["data"]) <= set(data["Parameters"])
    assert set(parameters["app"]) <= set(template["Parameters"])
