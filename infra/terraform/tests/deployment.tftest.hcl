# What is asked for, read from a plan. No account, no network: the provider is a mock.

mock_provider "aws" {
  override_during = plan

  override_resource {
    target = aws_dynamodb_table.clients
    values = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-clients" }
  }
  override_resource {
    target = aws_dynamodb_table.tokens
    values = { arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/latchkey-tokens" }
  }
  override_resource {
    target = aws_kms_key.sealing
    values = { arn = "arn:aws:kms:eu-west-1:111122223333:key/sealing", key_id = "sealing" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["issue"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-issue" }
  }
  override_resource {
    target = aws_cloudwatch_log_group.function["refresh"]
    values = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/latchkey-refresh" }
  }
  override_resource {
    target = aws_apigatewayv2_api.api
    values = {
      id            = "api"
      api_endpoint  = "https://api.execute-api.eu-west-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api"
    }
  }
  override_resource {
    target = aws_apigatewayv2_stage.default
    values = { invoke_url = "https://api.execute-api.eu-west-1.amazonaws.com/" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["issue"]
    values = { id = "to-issue" }
  }
  override_resource {
    target = aws_apigatewayv2_integration.function["refresh"]
    values = { id = "to-refresh" }
  }
  override_resource {
    target = aws_lambda_alias.live["issue"]
    values = { invoke_arn = "arn:invoke:issue:live" }
  }
  override_resource {
    target = aws_lambda_alias.live["refresh"]
    values = { invoke_arn = "arn:invoke:refresh:live" }
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
    values = { name = "eu-west-1" }
  }
}

variables {
  # Any file will do: a mock does not look into it.
  issue_package   = "versions.tf"
  refresh_package = "versions.tf"
}

run "tables_keep_what_they_hold_and_tokens_expire" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.clients.hash_key == "client_id" && aws_dynamodb_table.clients.range_key == null
    error_message = "clients are not keyed by client_id"
  }
  assert {
    condition     = aws_dynamodb_table.tokens.hash_key == "grant_id" && aws_dynamodb_table.tokens.range_key == "part"
    error_message = "tokens are not keyed by grant_id and part"
  }
  assert {
    condition     = aws_dynamodb_table.tokens.ttl[0].attribute_name == "expires_at" && aws_dynamodb_table.tokens.ttl[0].enabled
    error_message = "tokens do not expire by expires_at"
  }
  assert {
    condition     = length(aws_dynamodb_table.clients.ttl) == 0
    error_message = "clients must not expire"
  }
  assert {
    condition = alltrue([for table in [aws_dynamodb_table.clients, aws_dynamodb_table.tokens] :
      table.billing_mode == "PAY_PER_REQUEST" && table.deletion_protection_enabled
      && table.point_in_time_recovery[0].enabled && table.server_side_encryption[0].enabled
    ])
    error_message = "a table is not on demand, protected, recoverable and encrypted"
  }
}

run "the_sealing_key_only_makes_macs" {
  command = plan

  assert {
    condition     = aws_kms_key.sealing.customer_master_key_spec == "HMAC_256" && aws_kms_key.sealing.key_usage == "GENERATE_VERIFY_MAC"
    error_message = "the sealing key is not an HMAC key"
  }
  assert {
    condition     = aws_kms_key.sealing.deletion_window_in_days == 30
    error_message = "the sealing key can be deleted too soon"
  }
}

run "functions_are_built_for_arm_and_traced" {
  command = plan

  assert {
    condition     = { for key, function in aws_lambda_function.function : key => function.function_name } == { issue = "latchkey-issue", refresh = "latchkey-refresh" }
    error_message = "the functions have other names"
  }
  assert {
    condition = alltrue([for function in aws_lambda_function.function :
      function.architectures[0] == "arm64" && function.runtime == "provided.al2023" && function.handler == "bootstrap"
      && function.timeout == 10 && function.memory_size == 256 && function.publish
      && function.reserved_concurrent_executions == -1 && function.tracing_config[0].mode == "Active"
    ])
    error_message = "a function is not what was asked for"
  }
  assert {
    condition     = alltrue([for alias in aws_lambda_alias.live : alias.name == "live"])
    error_message = "the alias is not live"
  }
  assert {
    condition     = { for key, group in aws_cloudwatch_log_group.function : key => "${group.name} ${group.retention_in_days}" } == { issue = "/aws/lambda/latchkey-issue 30", refresh = "/aws/lambda/latchkey-refresh 30" }
    error_message = "the log groups are not the functions' own, or keep their lines for ever"
  }
}

run "the_environment_is_complete_and_nothing_else" {
  command = plan

  assert {
    condition = alltrue([for function in aws_lambda_function.function : function.environment[0].variables == tomap({
      LATCHKEY_CLIENTS_TABLE         = "latchkey-clients"
      LATCHKEY_TOKENS_TABLE          = "latchkey-tokens"
      LATCHKEY_SEALING_KMS_KEY       = "arn:aws:kms:eu-west-1:111122223333:key/sealing"
      LATCHKEY_SEALING_KEY_NAMES     = "v1"
      LATCHKEY_SEALING_KEY_FILE      = ""
      LATCHKEY_ACCESS_TOKEN_SECONDS  = "1200"
      LATCHKEY_REFRESH_TOKEN_SECONDS = "86400"
      LATCHKEY_CODE_SECONDS          = "600"
      LATCHKEY_CLOCK_SKEW_SECONDS    = "300"
      LATCHKEY_SIGNATURE_HOST        = "www.oclc.org"
      LATCHKEY_SIGNATURE_PORT        = "443"
      LATCHKEY_SIGNATURE_PATH        = "/wskey"
    })])
    error_message = "the environment is not the one that the functions read"
  }
}

run "variables_reach_the_functions" {
  command = plan

  variables {
    name                         = "second"
    memory_size                  = 512
    sealing_key_names            = "v2,v1"
    access_token_seconds         = 600
    refresh_token_seconds        = 604800
    code_seconds                 = 60
    clock_skew_seconds           = 120
    signature_host               = "sign.example.org"
    signature_port               = 8443
    signature_path               = "/key"
    issue_reserved_concurrency   = 20
    refresh_reserved_concurrency = 40
    live_versions                = { issue = "7" }
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.function :
      function.memory_size == 512
      && function.environment[0].variables.LATCHKEY_CLIENTS_TABLE == "second-clients"
      && function.environment[0].variables.LATCHKEY_TOKENS_TABLE == "second-tokens"
      && function.environment[0].variables.LATCHKEY_SEALING_KEY_NAMES == "v2,v1"
      && function.environment[0].variables.LATCHKEY_ACCESS_TOKEN_SECONDS == "600"
      && function.environment[0].variables.LATCHKEY_REFRESH_TOKEN_SECONDS == "604800"
      && function.environment[0].variables.LATCHKEY_CODE_SECONDS == "60"
      && function.environment[0].variables.LATCHKEY_CLOCK_SKEW_SECONDS == "120"
      && function.environment[0].variables.LATCHKEY_SIGNATURE_HOST == "sign.example.org"
      && function.environment[0].variables.LATCHKEY_SIGNATURE_PORT == "8443"
      && function.environment[0].variables.LATCHKEY_SIGNATURE_PATH == "/key"
    ])
    error_message = "a variable does not reach the functions"
  }
  assert {
    condition     = { for key, function in aws_lambda_function.function : key => function.reserved_concurrent_executions } == { issue = 20, refresh = 40 }
    error_message = "reserved concurrency does not reach the functions"
  }
  assert {
    condition     = aws_lambda_alias.live["issue"].function_version == "7"
    error_message = "a roll-back does not reach the alias"
  }
}

run "each_route_has_its_function_and_its_throttle" {
  command = plan

  variables {
    issue_rate_limit    = 11
    issue_burst_limit   = 12
    refresh_rate_limit  = 21
    refresh_burst_limit = 22
  }

  assert {
    condition = { for key, route in aws_apigatewayv2_route.function : key => "${route.route_key} -> ${route.target}" } == {
      issue   = "POST /oauth2/accessToken -> integrations/to-issue"
      refresh = "POST /oauth2/refreshToken -> integrations/to-refresh"
    }
    error_message = "the routes are others"
  }
  assert {
    condition = { for key, integration in aws_apigatewayv2_integration.function : key => integration.integration_uri } == {
      issue   = "arn:invoke:issue:live"
      refresh = "arn:invoke:refresh:live"
    }
    error_message = "an integration does not invoke the alias of its function"
  }
  assert {
    condition     = alltrue([for integration in aws_apigatewayv2_integration.function : integration.payload_format_version == "2.0" && integration.integration_type == "AWS_PROXY"])
    error_message = "the functions read payload 2.0"
  }
  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && aws_apigatewayv2_stage.default.auto_deploy
    error_message = "the stage is not $default, or is not deployed by itself"
  }
  assert {
    condition = { for route in aws_apigatewayv2_stage.default.route_settings : route.route_key => [route.throttling_rate_limit, route.throttling_burst_limit] } == {
      "POST /oauth2/accessToken"  = [11, 12]
      "POST /oauth2/refreshToken" = [21, 22]
    }
    error_message = "a route has another throttle"
  }
  assert {
    condition = { for key, permission in aws_lambda_permission.api : key => "${permission.principal} ${permission.qualifier} ${permission.source_arn}" } == {
      issue   = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/accessToken"
      refresh = "apigateway.amazonaws.com live arn:aws:execute-api:eu-west-1:111122223333:api/*/POST/oauth2/refreshToken"
    }
    error_message = "something else than its route may invoke a function"
  }
}

run "the_access_log_holds_no_query_header_or_path" {
  command = plan

  assert {
    condition = jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format) == {
      requestId          = "$context.requestId"
      ip                 = "$context.identity.sourceIp"
      requestTime        = "$context.requestTime"
      routeKey           = "$context.routeKey"
      status             = "$context.status"
      responseLength     = "$context.responseLength"
      integrationLatency = "$context.integrationLatency"
    }
    error_message = "the access log holds something else"
  }
}

run "alarms_watch_and_tell_nobody_unless_asked" {
  command = plan

  assert {
    condition = (length(aws_cloudwatch_metric_alarm.function) == 6 && length(aws_cloudwatch_metric_alarm.log) == 3
    && length(aws_cloudwatch_metric_alarm.database_throttles) == 2 && length(aws_cloudwatch_log_metric_filter.counted) == 6)
    error_message = "an alarm or a filter is missing"
  }
  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.api_5xx.alarm_actions, [])) == 0
    error_message = "an alarm goes somewhere"
  }
  assert {
    condition     = { for key, filter in aws_cloudwatch_log_metric_filter.counted : key => filter.pattern if startswith(key, "refresh-") } == { "refresh-Unavailable" = "{ $.outcome = \"unavailable\" }", "refresh-SignatureFailures" = "{ ($.denial = \"signature_mismatch\") || ($.denial = \"client_unknown\") }", "refresh-Replays" = "{ $.denial = \"replayed\" }" }
    error_message = "a filter counts something else"
  }
}

run "alarms_tell_the_topic" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:eu-west-1:111122223333:alarms"
  }

  assert {
    condition = alltrue([for alarm in concat(
      [aws_cloudwatch_metric_alarm.api_5xx], values(aws_cloudwatch_metric_alarm.function),
      values(aws_cloudwatch_metric_alarm.log), values(aws_cloudwatch_metric_alarm.database_throttles)
      ) : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:alarms"])
    ])
    error_message = "an alarm does not reach the topic"
  }
}

run "options_are_off" {
  command = plan

  assert {
    condition     = length(aws_apigatewayv2_domain_name.domain) + length(aws_cloudfront_distribution.cdn) + length(aws_route53_record.domain) == 0
    error_message = "an option is on by default"
  }
  assert {
    condition     = output.domain_url == null && output.cdn_url == null && output.access_token_url == "https://api.execute-api.eu-west-1.amazonaws.com/oauth2/accessToken"
    error_message = "an output is another"
  }
}

run "options_can_be_on" {
  command = plan

  variables {
    domain = {
      name            = "tokens.example.org"
      certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/c"
      zone_id         = "Z0000000000000"
    }
    cdn = { web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/acl/id" }
  }

  override_resource {
    target = aws_apigatewayv2_domain_name.domain
    values = { domain_name_configuration = { target_domain_name = "d-api.execute-api.eu-west-1.amazonaws.com", hosted_zone_id = "Z1" } }
  }

  assert {
    condition     = length(aws_route53_record.domain) == 2 && output.domain_url == "https://tokens.example.org"
    error_message = "the domain is incomplete"
  }
  assert {
    condition     = aws_cloudfront_distribution.cdn[0].web_acl_id == "arn:aws:wafv2:us-east-1:111122223333:global/webacl/acl/id"
    error_message = "the CDN is without its WAF ACL"
  }
  assert {
    condition     = one(aws_cloudfront_distribution.cdn[0].origin).domain_name == "api.execute-api.eu-west-1.amazonaws.com"
    error_message = "the CDN has another origin"
  }
  assert {
    condition     = strcontains(aws_cloudfront_function.refresh[0].code, "'/oauth2/refreshToken'")
    error_message = "the CDN does not send refreshes to refresh"
  }
  assert {
    condition     = length(aws_cloudfront_distribution.cdn[0].logging_config) == 0
    error_message = "a log of the CDN would hold tokens"
  }
}
