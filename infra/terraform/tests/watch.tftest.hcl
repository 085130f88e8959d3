# Whom alarms tell, what a new version is asked, and the check from outside.

mock_provider "aws" {
  # What a version answers that starts and reaches its tables.
  mock_resource "aws_lambda_invocation" {
    defaults = { result = "{\"statusCode\":401,\"body\":\"{\\\"error_description\\\":\\\"The client is unknown or disabled, or the signature does not match.\\\"}\",\"isAuthorized\":false}" }
  }
  override_resource {
    target = aws_lambda_invocation.check["authorize"]
    values = { result = "{\"statusCode\":400,\"body\":\"<!DOCTYPE html><code>No client is registered with this client_id, or the client is disabled.</code>\"}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/latchkey" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { version = "2", arn = "arn:aws:lambda:eu-west-1:111122223333:function:latchkey" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:latchkey" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:latchkey-alarms" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api" }
  }
  mock_resource "aws_apigatewayv2_stage" {
    defaults = { invoke_url = "https://api.execute-api.eu-west-1.amazonaws.com/" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:111122223333:rule/latchkey-check" }
  }
  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "111122223333" }
  }
  override_data {
    target = data.aws_partition.current
    values = { partition = "aws" }
  }
  override_data {
    target = data.aws_region.current
    values = { id = "eu-west-1" }
  }
}

variables {
  issue_package      = "versions.tf"
  refresh_package    = "versions.tf"
  authorize_package  = "versions.tf"
  introspect_package = "versions.tf"
  revoke_package     = "versions.tf"
  authorizer_package = "versions.tf"
  subject            = "v2"
  old_keys           = "none"
  route_scopes       = {}
  # What is applied here is destroyed again, and the module's own tables and key refuse that.
  existing = {
    clients_table    = "restored-clients"
    tokens_table     = "restored-tokens"
    users_table      = "restored-users"
    audit_table      = "restored-audit"
    sealing_key_arn  = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000"
    pages_key_arn    = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000001"
    requests_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000002"
  }
}

run "each_new_version_is_asked_and_at_the_time_of_the_invocation" {
  assert {
    condition     = alltrue([for name, asked in aws_lambda_invocation.check : asked.qualifier == "2"]) && length(aws_lambda_invocation.check) == 6
    error_message = "a version is not asked"
  }
  assert {
    condition = alltrue([for name in ["issue", "refresh", "introspect", "revoke"] : alltrue([
      for posix in regex("timestamp=\"([0-9]+)\"", jsondecode(aws_lambda_invocation.check[name].input).headers.authorization) :
      timecmp(timeadd("1970-01-01T00:00:00Z", "${posix}s"), timestamp()) <= 0 && timecmp(timeadd("1970-01-01T00:00:00Z", "${posix + 120}s"), timestamp()) > 0
    ])])
    error_message = "a request is signed for another time"
  }
  assert {
    condition     = alltrue([for name in ["issue", "refresh", "introspect", "revoke"] : strcontains(jsondecode(aws_lambda_invocation.check[name].input).headers.authorization, "clientId=\"latchkey-check\"")])
    error_message = "a request has no client"
  }
  assert {
    condition     = output.alarms_go_to == "no one: set alarm_email or alarm_topic_arn" && output.release == "not said: set release"
    error_message = "a deployment whose alarms have no receiver does not say so"
  }
  assert {
    condition     = length(aws_cloudwatch_composite_alarm.broken.alarm_actions) == 0 && length(aws_sns_topic.alarms) == 0 && length(aws_budgets_budget.account) == 0 && length(aws_lambda_function.check) == 0
    error_message = "something is on that was not asked for"
  }
}

run "a_version_that_reaches_no_table_does_not_get_live" {
  # A version that was asked is not asked again.
  state_key = "a_version_that_reaches_no_table_does_not_get_live"
  override_resource {
    target = aws_lambda_invocation.check["refresh"]
    values = { result = "{\"statusCode\":503,\"body\":\"{\\\"error\\\":\\\"temporarily_unavailable\\\"}\"}" }
  }
  expect_failures = [aws_lambda_invocation.check["refresh"]]
}

run "a_page_that_needs_no_read_does_not_get_live" {
  # A version that was asked is not asked again.
  state_key = "a_page_that_needs_no_read_does_not_get_live"
  override_resource {
    target = aws_lambda_invocation.check["authorize"]
    values = { result = "{\"statusCode\":400,\"body\":\"<!DOCTYPE html><code>The request lacks the parameter client_id.</code>\"}" }
  }
  expect_failures = [aws_lambda_invocation.check["authorize"]]
}

run "an_authorizer_that_lets_everybody_pass_does_not_get_live" {
  # A version that was asked is not asked again.
  state_key = "an_authorizer_that_lets_everybody_pass_does_not_get_live"
  override_resource {
    target = aws_lambda_invocation.check["authorizer"]
    values = { result = "{\"isAuthorized\":true,\"context\":{}}" }
  }
  expect_failures = [aws_lambda_invocation.check["authorizer"]]
}

run "what_is_stopped_or_held_at_a_version_is_not_asked" {
  command = plan
  variables {
    revoke_reserved_concurrency = 0
    live_versions               = { issue = "1" }
  }
  assert {
    condition     = toset(keys(aws_lambda_invocation.check)) == toset(["authorize", "authorizer", "introspect", "refresh"])
    error_message = "a function is asked that cannot answer, or that does not move"
  }
}

run "versions_are_not_asked_where_an_operator_says_so" {
  command = plan
  variables {
    check_versions = false
  }
  assert {
    condition     = length(aws_lambda_invocation.check) == 0
    error_message = "a version is asked"
  }
}

run "an_address_gets_the_page_and_the_notes" {
  variables {
    alarm_email    = "operators@example.org"
    monthly_budget = 40
    release        = "v0.2.0"
  }
  assert {
    condition = alltrue([for alarm in concat(
      [aws_cloudwatch_metric_alarm.api_5xx, aws_cloudwatch_metric_alarm.throttled, aws_cloudwatch_metric_alarm.database_throttles, aws_cloudwatch_metric_alarm.lasting],
      values(aws_cloudwatch_metric_alarm.function), values(aws_cloudwatch_metric_alarm.log)
    ) : alarm.alarm_actions == toset([aws_sns_topic.alarms[0].arn])])
    error_message = "a note does not reach the topic"
  }
  assert {
    condition     = aws_cloudwatch_composite_alarm.broken.alarm_actions == toset([aws_sns_topic.alarms[0].arn]) && aws_cloudwatch_composite_alarm.broken.ok_actions == toset([aws_sns_topic.alarms[0].arn])
    error_message = "the page does not reach the topic"
  }
  assert {
    condition     = aws_sns_topic_subscription.alarms[0].endpoint == "operators@example.org" && aws_sns_topic_subscription.alarms[0].protocol == "email"
    error_message = "the address is not subscribed"
  }
  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.alarms[0].policy).Statement : [statement.Principal, statement.Action, statement.Condition]] == [
      [{ Service = "cloudwatch.amazonaws.com" }, "sns:Publish", { StringEquals = { "aws:SourceAccount" = "111122223333" } }]
    ]
    error_message = "another account's alarms may publish"
  }
  assert {
    condition     = output.alarms_go_to == "page to operators@example.org, notes to operators@example.org" && output.release == "v0.2.0"
    error_message = "the outputs say something else"
  }
  assert {
    condition = (aws_budgets_budget.account[0].limit_amount == "40" && aws_budgets_budget.account[0].time_unit == "MONTHLY"
    && toset([for n in aws_budgets_budget.account[0].notification : "${n.notification_type} ${n.threshold} ${join(",", n.subscriber_email_addresses)}"]) == toset(["ACTUAL 80 operators@example.org", "FORECASTED 100 operators@example.org"]))
    error_message = "the budget tells something else"
  }
}

run "notes_can_go_elsewhere" {
  command = plan
  variables {
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:pager"
    notes_topic_arn = "arn:aws:sns:eu-west-1:111122223333:notes"
  }
  assert {
    condition     = aws_cloudwatch_composite_alarm.broken.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:pager"])
    error_message = "the page goes elsewhere"
  }
  assert {
    condition = alltrue([for alarm in concat([aws_cloudwatch_metric_alarm.api_5xx, aws_cloudwatch_metric_alarm.throttled, aws_cloudwatch_metric_alarm.lasting], values(aws_cloudwatch_metric_alarm.function), values(aws_cloudwatch_metric_alarm.log)) :
    alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:notes"])])
    error_message = "a note goes to the receiver of pages"
  }
}

run "the_service_is_checked_from_outside" {
  variables {
    check_client_secret = "latchkey/check"
    check_package       = "versions.tf"
    alarm_topic_arn     = "arn:aws:sns:eu-west-1:111122223333:pager"
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_target.check[0].input) == { outside = "https://api.execute-api.eu-west-1.amazonaws.com" }
    error_message = "another service is checked"
  }
  assert {
    condition     = aws_lambda_function.check[0].environment[0].variables == tomap({ LATCHKEY_CHECK_SECRET = "latchkey/check", LATCHKEY_SIGNATURE_HOST = "www.oclc.org", LATCHKEY_SIGNATURE_PORT = "443", LATCHKEY_SIGNATURE_PATH = "/wskey" })
    error_message = "the check has other settings"
  }
  assert {
    condition = { for s in jsondecode(aws_iam_role_policy.check[0].policy).Statement : s.Sid => [s.Action, s.Resource] } == {
      Client = ["secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:latchkey/check-??????"]
      Log    = [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:eu-west-1:111122223333:log-group:latchkey:*"]
      Traces = [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"]
    }
    error_message = "the check may do something else"
  }
  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.broken.alarm_rule, aws_cloudwatch_metric_alarm.outside[0].arn) && length(split(" OR ", aws_cloudwatch_composite_alarm.broken.alarm_rule)) == 4
    error_message = "a check that fails is no page"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.outside[0].insufficient_data_actions == toset(["arn:aws:sns:eu-west-1:111122223333:pager"]) && aws_cloudwatch_metric_alarm.outside[0].treat_missing_data == "missing"
    error_message = "a check that does not run rings no alarm"
  }
}

run "the_check_comes_from_where_the_packages_are" {
  command = plan
  override_data {
    target = data.aws_s3_object.check
    values = { bucket = "releases", key = "latchkey/check-arm64.zip", etag = "0123456789abcdef0123456789abcdef" }
  }
  variables {
    packages            = "s3://releases/latchkey"
    check_client_secret = "latchkey/check"
  }
  assert {
    condition     = aws_lambda_function.check[0].s3_key == "latchkey/check-arm64.zip" && aws_lambda_function.check[0].filename == null
    error_message = "the check has no package"
  }
}

run "questions_to_the_logs_are_saved" {
  command = plan
  assert {
    condition     = contains(keys(aws_cloudwatch_query_definition.question), "why-unavailable") && aws_cloudwatch_query_definition.question["gateway-errors"].log_group_names == tolist(["/aws/vendedlogs/latchkey-api"])
    error_message = "a question is not saved"
  }
}

run "refuses_two_receivers" {
  command = plan
  variables {
    alarm_email     = "operators@example.org"
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:pager"
  }
  expect_failures = [var.alarm_email]
}

run "refuses_a_bad_alarm_email" {
  command = plan
  variables {
    alarm_email = "operators"
  }
  expect_failures = [var.alarm_email]
}

run "refuses_notes_without_a_page" {
  command = plan
  variables {
    notes_topic_arn = "arn:aws:sns:eu-west-1:111122223333:notes"
  }
  expect_failures = [var.notes_topic_arn]
}

run "refuses_a_bad_notes_topic_arn" {
  command = plan
  variables {
    alarm_email     = "operators@example.org"
    notes_topic_arn = "notes"
  }
  expect_failures = [var.notes_topic_arn]
}

run "refuses_a_budget_without_an_address" {
  command = plan
  variables {
    monthly_budget = 40
  }
  expect_failures = [var.monthly_budget]
}

run "refuses_a_bad_monthly_budget" {
  command = plan
  variables {
    alarm_email    = "operators@example.org"
    monthly_budget = 0.5
  }
  expect_failures = [var.monthly_budget]
}

# A folder without any package; those of the functions are named one by one above.
run "refuses_a_check_without_its_package" {
  command = plan
  variables {
    packages            = "tests"
    check_client_secret = "latchkey/check"
  }
  expect_failures = [var.check_package]
}

run "refuses_a_check_package_that_is_not_there" {
  command = plan
  variables {
    check_package = "nothing.zip"
  }
  expect_failures = [var.check_package]
}

run "refuses_a_secret_by_its_arn" {
  command = plan
  variables {
    check_client_secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:latchkey/check-a1B2c3"
    check_package       = "versions.tf"
  }
  expect_failures = [var.check_client_secret]
}

run "refuses_a_bad_release" {
  command = plan
  variables {
    release = "a b"
  }
  expect_failures = [var.release]
}
